package protocol_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/udp/coder"

	"coapscope/protocol"
)

// sixOptions is a message of 60 bytes with six options: a PUT to coap://node7.example/s/temperature
// with a Content-Format, a query and a Size1.
var sixOptions = func() []byte {
	m := protocol.Message{
		Type: protocol.Confirmable, Code: protocol.PUT, MessageID: 0x7d34, Token: protocol.TokenOf([]byte{0xa1, 0xf3, 0x07, 0x22}),
		Options: protocol.Options{
			{protocol.URIHost, []byte("node7.example")},
			{protocol.URIPath, []byte("s")},
			{protocol.URIPath, []byte("temperature")},
			{protocol.ContentFormatOption, protocol.EncodeUint(60)},
			{protocol.URIQuery, []byte("unit=C")},
			{protocol.Size1, protocol.EncodeUint(10)},
		},
		Payload: []byte("\xa1\x61t\xf9\x4d\x9a...."),
	}
	b, err := m.Append(nil)
	if err != nil {
		panic(err)
	}
	return b
}()

func TestBenchmarkMessage(t *testing.T) {
	m, err := protocol.Parse(sixOptions)
	if err != nil || len(sixOptions) != 60 || len(m.Options) != 6 {
		t.Fatalf("the message has %d bytes and %d options (%v)", len(sixOptions), len(m.Options), err)
	}
}

func parseOurs(b *testing.B) {
	var m protocol.Message
	if err := m.Parse(sixOptions); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(sixOptions); err != nil {
			b.Fatal(err)
		}
	}
}

// parseGoCoAP decodes the same bytes as go-coap's users do: into a message of its pool, which they reset
// and use again.
func parseGoCoAP(b *testing.B) {
	messages := pool.New(16, 4096)
	m := messages.AcquireMessage(context.Background())
	if _, err := m.UnmarshalWithDecoder(coder.DefaultCoder, sixOptions); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Reset()
		if _, err := m.UnmarshalWithDecoder(coder.DefaultCoder, sixOptions); err != nil {
			b.Fatal(err)
		}
	}
}

// parseGoCoAPBare decodes the same bytes with nothing but go-coap's coder: without its pool's copy.
func parseGoCoAPBare(b *testing.B) {
	m := message.Message{Options: make(message.Options, 0, 16)}
	b.ReportAllocs()
	for b.Loop() {
		m.Options = m.Options[:0]
		if _, err := coder.DefaultCoder.Decode(sixOptions, &m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.Run("coapscope", parseOurs)
	b.Run("go-coap", parseGoCoAP)
	b.Run("go-coap-coder", parseGoCoAPBare)
}

func BenchmarkAppend(b *testing.B) {
	m, err := protocol.Parse(sixOptions)
	if err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Append(buffer); err != nil {
			b.Fatal(err)
		}
	}
}

// Parse must take at most 0.7 of the time of go-coap's coder, called in the way that is fastest. Rounds of both take turns, so that a
// load from outside meets both, and the median of the ratios counts; a noisy machine gets more tries.
func TestParseSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	if raceEnabled {
		t.Skip("the race detector slows both unequally")
	}
	const want, rounds, tries, calls = 0.7, 21, 10, 20_000
	var ours protocol.Message
	theirs := message.Message{Options: make(message.Options, 0, 16)}
	measure := func(parse func() error) time.Duration {
		start := time.Now()
		for range calls {
			if err := parse(); err != nil {
				t.Fatal(err)
			}
		}
		return time.Since(start)
	}
	var median float64
	for range tries {
		ratios := make([]float64, rounds)
		for i := range ratios {
			mine := measure(func() error { return ours.Parse(sixOptions) })
			other := measure(func() error {
				theirs.Options = theirs.Options[:0]
				_, err := coder.DefaultCoder.Decode(sixOptions, &theirs)
				return err
			})
			ratios[i] = float64(mine) / float64(other)
		}
		slices.Sort(ratios)
		if median = ratios[rounds/2]; median <= want {
			t.Logf("Parse takes %.2f of the time of go-coap's coder", median)
			return
		}
	}
	t.Errorf("Parse takes %.2f of the time of go-coap's coder, want at most %.2f", median, want)
}
