// A channel of Otklik: sends what citizens say, delivers what they are told, and says what became of it.
//
//	go run . send CONVERSATION TEXT [ID [ATTACHMENT ...]]
//	go run . verdict CONVERSATION confirmed|reopened|withdrawn [RATING]
//	go run . listen
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const (
	message   = "channel.message.received.v1"
	verdict   = "channel.verdict.received.v1"
	receipt   = "channel.notice.delivered.v1"
	rejection = "channel.record.rejected.v1"
	usage     = "go run . send CONVERSATION TEXT [ID [ATTACHMENT ...]] | verdict CONVERSATION WORD [RATING] | listen"
)

var notices = []string{"channel.notice.issued.v1", "channel.proposal_notice.issued.v1"}

type contact struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
}

type place struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// What a citizen says: a message has text, category and place, a verdict has verdict and rating.
type saying struct {
	Conversation string   `json:"conversation"`
	Contact      contact  `json:"contact"`
	SentAt       string   `json:"sent_at"`
	Text         string   `json:"text"`
	Category     string   `json:"category,omitempty"`
	Place        *place   `json:"place,omitempty"`
	Attachments  []string `json:"attachments,omitempty"`
	Verdict      string   `json:"verdict,omitempty"`
	Rating       int      `json:"rating,omitempty"`
}

// What a citizen is told.
type notice struct {
	Notice    string  `json:"notice"`
	Kind      string  `json:"kind"`
	Reference string  `json:"reference"`
	Contact   contact `json:"contact"`
	Text      string  `json:"text"`
}

// What became of a notice.
type delivery struct {
	NoticeID  string `json:"notice_id"`
	Delivered bool   `json:"delivered"`
	Reason    string `json:"reason,omitempty"`
}

// A record of yours that was not taken.
type refusal struct {
	Topic     string          `json:"topic"`
	Offset    int64           `json:"offset"`
	OutsideID string          `json:"outside_id"`
	Fault     string          `json:"fault"`
	Reason    string          `json:"reason"`
	Allowed   json.RawMessage `json:"allowed"`
}

// What channel.env says; the environment goes before it.
type settings map[string]string

func load() settings {
	file := os.Getenv("CHANNEL_ENV")
	if file == "" {
		file = "../channel.env"
	}
	found := settings{}
	content, _ := os.ReadFile(file) // It may be missing where the environment says everything.
	for _, line := range append(strings.Split(string(content), "\n"), os.Environ()...) {
		name, value, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(line, "#") {
			found[name] = strings.Trim(strings.TrimSpace(value), `'"`)
		}
	}
	return found
}

// Where to connect, and as whom. The client's producer is idempotent and its partitioner is Java's.
func (s settings) client(more ...kgo.Opt) *kgo.Client {
	login := scram.Auth{User: s["OTKLIK_KAFKA_USER"], Pass: s["OTKLIK_KAFKA_PASSWORD"]}
	mechanism := login.AsSha256Mechanism()
	if s["OTKLIK_KAFKA_MECHANISM"] == "SCRAM-SHA-512" {
		mechanism = login.AsSha512Mechanism()
	}
	options := append(more, kgo.SeedBrokers(strings.Split(s["OTKLIK_KAFKA_BOOTSTRAP"], ",")...), kgo.SASL(mechanism))
	if s["OTKLIK_KAFKA_PROTOCOL"] == "SASL_SSL" {
		options = append(options, kgo.DialTLSConfig(s.tls()))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func (s settings) tls() *tls.Config {
	if s["OTKLIK_KAFKA_CA"] == "" {
		return &tls.Config{}
	}
	pem, err := os.ReadFile(s["OTKLIK_KAFKA_CA"])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots}
}

// Returns when the broker has the record; ends the program when it does not take it.
func (s settings) publish(client *kgo.Client, topic, kind, key, id string, body any) {
	value, err := json.Marshal(body)
	if err != nil {
		log.Fatal(err)
	}
	record := &kgo.Record{Topic: topic, Key: []byte(key), Value: value, Headers: []kgo.RecordHeader{
		{Key: "ce_specversion", Value: []byte("1.0")},
		{Key: "ce_type", Value: []byte(kind)},
		{Key: "ce_id", Value: []byte(id)},
		{Key: "ce_source", Value: []byte(s["OTKLIK_CHANNEL"])},
		{Key: "content-type", Value: []byte("application/json")},
	}}
	if err := client.ProduceSync(context.Background(), record).FirstErr(); err != nil {
		log.Fatalf("%s did not take it: %v", topic, err)
	}
}

// What a citizen said: the key is the conversation, ce_id your own id of it.
func (s settings) said(kind, id string, body saying) {
	client := s.client()
	defer client.Close()
	who := body.Conversation
	if who == "" {
		who = "ann"
	}
	body.Contact = contact{Address: who + "@example.org"}
	body.SentAt = s["EXAMPLE_SENT_AT"]
	if body.SentAt == "" {
		body.SentAt = time.Now().UTC().Format(time.RFC3339Nano)
	}
	s.publish(client, s["OTKLIK_INBOUND"], kind, body.Conversation, id, body)
	fmt.Println("sent", id)
}

// A message; files are names that the edge gave for files.
func (s settings) send(conversation, text, id string, files []string) {
	lat, _ := strconv.ParseFloat(s["EXAMPLE_LAT"], 64)
	lon, _ := strconv.ParseFloat(s["EXAMPLE_LON"], 64)
	s.said(message, id, saying{
		Conversation: conversation, Text: text, Category: s["EXAMPLE_CATEGORY"],
		Place: &place{Lat: lat, Lon: lon}, Attachments: files,
	})
}

// Bring a notice to the citizen: put your own sending here. Returns why it failed.
// It may come twice, after a crash for instance: its ce_id tells a repeat.
func deliver(told notice) error {
	kind := told.Kind
	if kind == "" {
		kind = told.Notice
	}
	fmt.Printf("notice %s %s: %s\n", kind, told.Reference, told.Text)
	if strings.HasPrefix(told.Contact.Address, "nowhere") {
		return errors.New("no such address")
	}
	return nil
}

// Deliver a notice and say what became of it, or show what was not taken.
func (s settings) handle(client *kgo.Client, record *kgo.Record) {
	headers := map[string]string{}
	for _, header := range record.Headers {
		headers[header.Key] = string(header.Value)
	}
	kind := headers["ce_type"]
	if slices.Contains(notices, kind) {
		var told notice
		decode(record, &told)
		id, word := headers["ce_id"], "delivered"
		became := delivery{NoticeID: id, Delivered: true}
		if err := deliver(told); err != nil {
			word, became.Delivered, became.Reason = "failed", false, err.Error()
		}
		// The same word is the same record; a later success after a failure is another.
		s.publish(client, s["OTKLIK_RECEIPTS"], receipt, id, id+":"+word, became)
	} else if kind == rejection {
		var refused refusal
		decode(record, &refused)
		fmt.Printf("rejected %s: %s (ce_id %s)\n", refused.Fault, refused.Reason, refused.OutsideID)
		fmt.Printf("  offset %d of %s; allowed: %s\n", refused.Offset, refused.Topic, refused.Allowed)
	}
}

func decode(record *kgo.Record, into any) {
	if err := json.Unmarshal(record.Value, into); err != nil {
		log.Fatalf("offset %d of %s: %v", record.Offset, record.Topic, err)
	}
}

// Until Ctrl-C. What was handled is committed, so the next start goes on there.
func (s settings) listen() {
	going, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	client := s.client(
		kgo.ConsumerGroup(s["OTKLIK_GROUP"]), kgo.ConsumeTopics(s["OTKLIK_OUTBOUND"], s["OTKLIK_REJECTIONS"]),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableAutoCommit(),
	)
	defer client.Close()
	for going.Err() == nil {
		fetches := client.PollFetches(going)
		fetches.EachError(func(topic string, _ int32, err error) {
			if going.Err() == nil {
				log.Printf("%s: %v", topic, err)
			}
		})
		fetches.EachRecord(func(record *kgo.Record) {
			s.handle(client, record)
			if err := client.CommitRecords(context.Background(), record); err != nil {
				log.Print(err)
			}
		})
	}
}

func main() {
	words := append(slices.Clone(os.Args[1:]), "", "", "", "")
	given := load()
	switch {
	case words[0] == "send" && len(os.Args) >= 4:
		id := words[3]
		if id == "" {
			id = rand.Text()
		}
		given.send(words[1], words[2], id, os.Args[min(len(os.Args), 5):])
	case words[0] == "verdict" && len(os.Args) >= 4:
		rating, _ := strconv.Atoi(words[3])
		given.said(verdict, rand.Text(), saying{Conversation: words[1], Verdict: words[2], Rating: rating})
	case words[0] == "listen":
		given.listen()
	default:
		log.Fatal(usage)
	}
}
