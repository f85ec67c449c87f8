#include "app/config/parse_yaml.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

std::optional<ConfigNode> Parse(const std::string& text, DiagnosticSink* sink) {
  return ParseYaml(sink->AddText("t.yaml", text), 0, sink);
}

// What of the text a node's bytes [begin, end) are marked as.
std::string Marked(const ConfigNode& node, int begin, int end, const DiagnosticSink& sink) {
  const TextPlace place = PlaceWithin(node, begin, end, sink);
  return std::string(sink.Line(place.text, place.line).substr(place.column, place.length));
}

TEST(ParseYaml, KeepsPlacesQuotesAndOrder) {
  DiagnosticSink sink;
  const auto root = Parse("a: {b: \"x y\", c: 'it''s'}\nd:\n  - 1\n  - two\n", &sink);
  ASSERT_TRUE(root && !sink.has_errors());
  const ConfigNode* b = root->Find("a")->Find("b");
  EXPECT_TRUE(b->quoted);
  EXPECT_EQ(b->text, "x y");
  EXPECT_EQ(b->place.line, 1);
  EXPECT_EQ(b->place.column, 7);
  EXPECT_EQ(b->place.length, 5);
  EXPECT_EQ(root->Find("a")->Find("c")->place.length, 7);
  const ConfigNode* d = root->Find("d");
  ASSERT_EQ(d->items.size(), 2u);
  EXPECT_FALSE(d->items[1].quoted);
  EXPECT_EQ(d->items[1].place.line, 4);
}

TEST(ParseYaml, LocatesBytesWithinScalars) {
  DiagnosticSink sink;
  const auto root =
      Parse("a: one two\nb: 'it''s two'\nc: \"a\\\"b two\"\nd: |\n  two\ne: ü two\n", &sink);
  ASSERT_TRUE(root);
  EXPECT_EQ(Marked(*root->Find("a"), 4, 7, sink), "two");
  EXPECT_EQ(Marked(*root->Find("b"), 5, 8, sink), "two");
  EXPECT_EQ(Marked(*root->Find("b"), 0, 4, sink), "it''s");
  EXPECT_EQ(Marked(*root->Find("c"), 4, 7, sink), "two");
  EXPECT_EQ(Marked(*root->Find("d"), 0, 3, sink), "|") << "block scalars are marked as a whole";
  EXPECT_EQ(Marked(*root->Find("e"), 3, 6, sink), "two");
}

TEST(ParseYaml, ReportsAllTrapsOfAText) {
  DiagnosticSink sink;
  const auto root = Parse("a: &x 1\nb: *x\nno: 1\nb: 2\nc: !!int 3\n", &sink);
  ASSERT_TRUE(root);
  EXPECT_EQ(sink.Sorted().size(), 5u);
}

TEST(ParseYaml, AcceptsCarriageReturnsAndByteOrderMarks) {
  DiagnosticSink sink;
  const auto root = Parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: two\r\n",
      &sink);
  ASSERT_TRUE(root && !sink.has_errors());
  EXPECT_EQ(root->Find("a")->text, "1");
  EXPECT_EQ(root->Find("b")->text, "two");
}

TEST(ParseYaml, RefusesWhatIsNotText) {
  for (const std::string& text :
       {std::string("a: \xFF\n"), std::string("a: \0b\n", 6), std::string("a: \xC3")}) {
    DiagnosticSink sink;
    EXPECT_FALSE(Parse(text, &sink));
    EXPECT_TRUE(sink.has_errors());
  }
}

TEST(ParseYaml, RefusesDeepNesting) {
  DiagnosticSink sink;
  EXPECT_FALSE(Parse(std::string(10'000, '['), &sink));
  EXPECT_TRUE(sink.has_errors());
}

// yaml-cpp 0.7 would begin documents for ever.
TEST(ParseYaml, EndsAtAStrayComma) {
  DiagnosticSink sink;
  EXPECT_FALSE(Parse(",>{\n", &sink));
  EXPECT_TRUE(sink.has_errors());
}

}  // namespace
}  // namespace millrace
