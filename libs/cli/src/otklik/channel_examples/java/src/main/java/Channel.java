import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A channel of Otklik: sends what citizens say, delivers what they are told, and says what became of it.
 *
 * <pre>
 * send CONVERSATION TEXT [ID [ATTACHMENT ...]]
 * verdict CONVERSATION confirmed|reopened|withdrawn [RATING]
 * listen
 * </pre>
 */
public final class Channel implements AutoCloseable {
  private static final String MESSAGE = "channel.message.received.v1";
  private static final String VERDICT = "channel.verdict.received.v1";
  private static final String RECEIPT = "channel.notice.delivered.v1";
  private static final Set<String> NOTICES = Set.of("channel.notice.issued.v1", "channel.proposal_notice.issued.v1");
  private static final String REJECTION = "channel.record.rejected.v1";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> given;
  private final KafkaProducer<String, String> producer;

  private Channel(Map<String, String> given) {
    this.given = given;
    Properties options = access();
    // Idempotent, acknowledged by all replicas, partitioned by the key: the client's own defaults.
    producer = new KafkaProducer<>(options, new StringSerializer(), new StringSerializer());
  }

  @Override
  public void close() {
    producer.close();
  }

  /** What channel.env says; the environment goes before it. */
  private static Map<String, String> settings() throws IOException {
    Path file = Path.of(System.getenv().getOrDefault("CHANNEL_ENV", "../channel.env"));
    Map<String, String> found = new HashMap<>();
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      int at = line.indexOf('=');
      if (at > 0 && !line.startsWith("#")) {
        found.put(line.substring(0, at), line.substring(at + 1).strip().replaceAll("^['\"]|['\"]$", ""));
      }
    }
    found.putAll(System.getenv());
    return found;
  }

  /** Where to connect, and as whom. */
  private Properties access() {
    Properties options = new Properties();
    options.put("bootstrap.servers", given.get("OTKLIK_KAFKA_BOOTSTRAP"));
    options.put("security.protocol", given.get("OTKLIK_KAFKA_PROTOCOL"));
    options.put("sasl.mechanism", given.get("OTKLIK_KAFKA_MECHANISM"));
    options.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
            .formatted(given.get("OTKLIK_KAFKA_USER"), given.get("OTKLIK_KAFKA_PASSWORD")));
    String authority = given.getOrDefault("OTKLIK_KAFKA_CA", "");
    if (!authority.isEmpty()) {
      options.put("ssl.truststore.type", "PEM");
      options.put("ssl.truststore.location", authority);
    }
    return options;
  }

  /** Returns when the broker has the record; throws when it does not take it. */
  private void publish(String topic, String kind, String key, String id, Map<String, ?> body)
      throws IOException, InterruptedException, ExecutionException {
    ProducerRecord<String, String> published = new ProducerRecord<>(topic, key, JSON.writeValueAsString(body));
    Map<String, String> headers =
        Map.of(
            "ce_specversion", "1.0",
            "ce_type", kind,
            "ce_id", id,
            "ce_source", given.get("OTKLIK_CHANNEL"),
            "content-type", "application/json");
    headers.forEach((name, text) -> published.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    producer.send(published).get();
  }

  /** What a citizen said: the key is the conversation, ce_id your own id of it. */
  private void said(String kind, String conversation, String id, Map<String, Object> body) throws Exception {
    String who = conversation.isEmpty() ? "ann" : conversation;
    String now = given.getOrDefault("EXAMPLE_SENT_AT", "");
    body.put("conversation", conversation);
    body.put("contact", Map.of("address", who + "@example.org"));
    body.put("sent_at", now.isEmpty() ? Instant.now().toString() : now);
    publish(given.get("OTKLIK_INBOUND"), kind, conversation, id, body);
    System.out.println("sent " + id);
  }

  /** A message; files are names that the edge gave for files. */
  private void send(String conversation, String text, String id, List<String> files) throws Exception {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("text", text);
    body.put("category", given.get("EXAMPLE_CATEGORY"));
    body.put(
        "place",
        Map.of(
            "lat", Double.valueOf(given.get("EXAMPLE_LAT")),
            "lon", Double.valueOf(given.get("EXAMPLE_LON"))));
    body.put("attachments", files);
    said(MESSAGE, conversation, id, body);
  }

  private void verdict(String conversation, String word, Integer rating) throws Exception {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("verdict", word);
    body.put("rating", rating);
    said(VERDICT, conversation, UUID.randomUUID().toString(), body);
  }

  /**
   * Bring a notice to the citizen: put your own sending here. Returns why it failed, null when it did not. It may come
   * twice, after a crash for instance: its ce_id tells a repeat.
   */
  private static String deliver(JsonNode notice) {
    String kind = notice.path("kind").asText(notice.path("notice").asText());
    System.out.printf("notice %s %s: %s%n", kind, notice.path("reference").asText(), notice.path("text").asText());
    return notice.path("contact").path("address").asText().startsWith("nowhere") ? "no such address" : null;
  }

  /** Deliver a notice and say what became of it, or show what was not taken. */
  private void handle(ConsumerRecord<String, String> taken) throws Exception {
    String kind = header(taken, "ce_type");
    JsonNode body = JSON.readTree(taken.value());
    if (NOTICES.contains(kind)) {
      String id = header(taken, "ce_id");
      String reason = deliver(body);
      Map<String, Object> receipt = new LinkedHashMap<>();
      receipt.put("notice_id", id);
      receipt.put("delivered", reason == null);
      receipt.put("reason", reason);
      // The same word is the same record; a later success after a failure is another.
      publish(given.get("OTKLIK_RECEIPTS"), RECEIPT, id, id + (reason == null ? ":delivered" : ":failed"), receipt);
    } else if (REJECTION.equals(kind)) {
      System.out.printf(
          "rejected %s: %s (ce_id %s)%n",
          body.path("fault").asText(), body.path("reason").asText(), body.path("outside_id").asText());
      System.out.printf(
          "  offset %d of %s; allowed: %s%n",
          body.path("offset").asLong(), body.path("topic").asText(), body.path("allowed"));
    }
  }

  private static String header(ConsumerRecord<?, ?> taken, String name) {
    Header found = taken.headers().lastHeader(name);
    return found == null ? null : new String(found.value(), StandardCharsets.UTF_8);
  }

  /** Until Ctrl-C. What was handled is committed, so the next start goes on there. */
  private void listen() throws Exception {
    Properties options = access();
    options.put("group.id", given.get("OTKLIK_GROUP"));
    options.put("enable.auto.commit", "false");
    options.put("auto.offset.reset", "earliest");
    options.put("isolation.level", "read_committed");
    CountDownLatch ended = new CountDownLatch(1);
    KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(consumer, ended)));
    try (consumer) {
      consumer.subscribe(List.of(given.get("OTKLIK_OUTBOUND"), given.get("OTKLIK_REJECTIONS")));
      while (true) {
        for (ConsumerRecord<String, String> taken : consumer.poll(Duration.ofSeconds(1))) {
          handle(taken);
          TopicPartition place = new TopicPartition(taken.topic(), taken.partition());
          consumer.commitSync(Map.of(place, new OffsetAndMetadata(taken.offset() + 1)));
        }
      }
    } catch (WakeupException asked) {
      // The way out.
    } finally {
      ended.countDown();
    }
  }

  private static void end(KafkaConsumer<?, ?> consumer, CountDownLatch ended) {
    consumer.wakeup();
    try {
      ended.await();
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    }
  }

  public static void main(String[] words) throws Exception {
    String verb = words.length > 0 ? words[0] : "";
    try (Channel channel = new Channel(settings())) {
      if (verb.equals("send") && words.length >= 3) {
        String id = words.length > 3 ? words[3] : UUID.randomUUID().toString();
        channel.send(words[1], words[2], id, Arrays.asList(words).subList(Math.min(4, words.length), words.length));
      } else if (verb.equals("verdict") && words.length >= 3) {
        channel.verdict(words[1], words[2], words.length > 3 ? Integer.valueOf(words[3]) : null);
      } else if (verb.equals("listen")) {
        channel.listen();
      } else {
        System.err.println("send CONVERSATION TEXT [ID [ATTACHMENT ...]] | verdict CONVERSATION WORD [RATING] | listen");
        System.exit(2);
      }
    }
  }
}
