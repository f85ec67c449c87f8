# docker build -t millrace .
# docker run --rm -it -p 127.0.0.1:7470:7470 millrace demo flights

FROM debian:12 AS build
WORKDIR /src
# Packages first, so that a change of the sources does not install them again.
COPY dev ./
RUN ./dev setup build
COPY . .
RUN ./dev build millrace && strip -o /millrace build/release/bin/millrace

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libgrpc++1.51 libprotobuf32 librocksdb7.8 librdkafka1 libxxhash0 libzstd1 libabsl20220623 \
      libsimdjson14 libyaml-cpp0.7 libssl3 libcurl4 tzdata ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/millrace millrace
COPY --from=build /millrace /usr/local/bin/millrace
# The state and, without Kafka, the log: mount a volume here to keep them.
WORKDIR /var/lib/millrace
USER millrace
VOLUME /var/lib/millrace
EXPOSE 7470 7471
ENTRYPOINT ["millrace"]
CMD ["--help"]
