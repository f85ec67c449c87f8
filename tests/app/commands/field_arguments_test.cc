#include "app/commands/field_arguments.h"

#include <string>

#include "gtest/gtest.h"

namespace millrace {
namespace {

std::string Json(const FieldArguments& arguments) {
  std::string out;
  JsonWriter json(&out);
  arguments.Write(json);
  return out;
}

TEST(FieldArguments, SendsJsonAsSuchAndTheRestAsText) {
  const struct {
    const char* word;
    const char* json;
  } kCases[] = {
      {"a=JFK", R"({"a":"JFK"})"},
      {"a=12", R"({"a":12})"},
      {"a=-1.5e3", R"({"a":-1.5e3})"},
      {"a=true", R"({"a":true})"},
      {"a=null", R"({"a":null})"},
      {"a=\"null\"", R"({"a":"null"})"},
      {"a=007", R"({"a":"007"})"},
      {"a=1,2", R"({"a":"1,2"})"},
      {"a=[1]", R"({"a":[1]})"},
      {"a=", R"({"a":""})"},
      {"a=b=c", R"({"a":"b=c"})"},
      {"a=99999999999999999999", R"({"a":"99999999999999999999"})"},
      {"a={}", R"({"a":{}})"},
      {"a=\"\\u0041\"", R"({"a":"A"})"},
  };
  for (const auto& test : kCases) {
    const auto arguments = FieldArguments::Parse({test.word});
    ASSERT_TRUE(arguments.ok()) << test.word;
    EXPECT_EQ(Json(*arguments), test.json);
  }
}

TEST(FieldArguments, RefusesWhatIsNoFieldAndNamesGivenTwice) {
  EXPECT_FALSE(FieldArguments::Parse({"a"}).ok());
  EXPECT_FALSE(FieldArguments::Parse({"=a"}).ok());
  EXPECT_FALSE(FieldArguments::Parse({"a=1", "a=2"}).ok());
  EXPECT_TRUE(FieldArguments::Parse({}).ok());
}

TEST(FieldArguments, BecomesTextOnceWhereTheServerWantsText) {
  auto arguments = FieldArguments::Parse({"a=1", "b=x"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_FALSE(arguments->MakeText("keys[0].b"));
  EXPECT_FALSE(arguments->MakeText("keys[0]"));
  EXPECT_FALSE(arguments->MakeText(""));
  EXPECT_TRUE(arguments->MakeText("keys[0].a"));
  EXPECT_FALSE(arguments->MakeText("keys[0].a"));
  EXPECT_EQ(Json(*arguments), R"({"a":"1","b":"x"})");
  EXPECT_EQ(arguments->ToString(), "a=1, b=x");
}

}  // namespace
}  // namespace millrace
