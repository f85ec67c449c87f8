#include "tests/integration/transactions.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "gtest/gtest.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

void Check(rd_kafka_error_t* error) {
  if (error == nullptr) return;
  ADD_FAILURE() << rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
}

}  // namespace

Transactions::Transactions() {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  const std::pair<const char*, std::string> settings[] = {
      {"bootstrap.servers", KafkaBroker::Shared().address()}, {"transactional.id", "tests"}};
  for (const auto& [key, value] : settings) {
    EXPECT_EQ(rd_kafka_conf_set(conf, key, value.c_str(), error, sizeof(error)), RD_KAFKA_CONF_OK)
        << error;
  }
  rk_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
  Check(rd_kafka_init_transactions(rk_, 60'000));
}

Transactions::~Transactions() { rd_kafka_destroy(rk_); }

void Transactions::Begin() { Check(rd_kafka_begin_transaction(rk_)); }

void Transactions::Produce(const std::string& topic, const std::string& value) {
  EXPECT_EQ(rd_kafka_producev(rk_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                              RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
}

void Transactions::Flush() { EXPECT_EQ(rd_kafka_flush(rk_, 60'000), RD_KAFKA_RESP_ERR_NO_ERROR); }

void Transactions::Commit() { Check(rd_kafka_commit_transaction(rk_, 60'000)); }

void Transactions::Abort() {
  Flush();
  Check(rd_kafka_abort_transaction(rk_, 60'000));
}

void Transactions::DeleteBefore(const std::string& topic, int64_t offset) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = offset;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(rk_);
  rd_kafka_DeleteRecords(rk_, &request, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 60'000);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteRecords_destroy(request);
}

}  // namespace millrace
