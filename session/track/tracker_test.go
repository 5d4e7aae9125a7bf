package track

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
)

var start = time.Unix(1e9, 0)

var peers = map[string]netip.AddrPort{
	"c": netip.MustParseAddrPort("192.0.2.7:40000"),
	"d": netip.MustParseAddrPort("192.0.2.8:40000"),
	"s": netip.MustParseAddrPort("192.0.2.1:5683"),
	"t": netip.MustParseAddrPort("192.0.2.1:5684"),
	"m": netip.MustParseAddrPort("224.0.1.187:5683"),
}

// A trace has a frame a line: time in seconds, from>to, type, code, message ID ("TCP" or "WS" and a code instead of
// these three), token ("-" for none), options as number=hex or number:text, "+" and the length of a payload, or "@" and its bytes; behind "|" what the
// tracker says of it. Lines that begin with "=" are the exchanges at the end, with "~" transfers, with "o" observations, with
// "r" the responders of an exchange.
func trackTrace(t *testing.T, script string) *Tracker {
	t.Helper()
	tracker := NewTracker()
	frame := uint64(0)
	frames := map[uint64][]byte{}
	var infos []FrameInfo
	for _, line := range strings.Split(script, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		if summary, ok := strings.CutPrefix(line, "= "); ok {
			index, _ := strconv.Atoi(strings.Fields(summary)[0])
			if got := summarize(tracker, Index(index)); got != summary {
				t.Errorf("exchange\n got %s\nwant %s", got, summary)
			}
			continue
		}
		if kind, summary, _ := strings.Cut(line, " "); len(kind) == 1 && strings.Contains("~or", kind) {
			number, _, _ := strings.Cut(summary, " ")
			index, _ := strconv.Atoi(number)
			var got string
			switch kind {
			case "~":
				got = summarizeTransfer(t, tracker, TransferIndex(index), func(frame uint64) []byte { return frames[frame] })
			case "o":
				got = summarizeObservation(tracker, ObservationIndex(index))
			case "r":
				got = summarizeResponders(tracker, Index(index))
			}
			if got != summary {
				t.Errorf("%s\n got %s\nwant %s", kind, got, summary)
			}
			continue
		}
		action, want, told := strings.Cut(line, " | ")
		w := strings.Fields(action)
		seconds, err := strconv.ParseFloat(w[0], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		from, to, _ := strings.Cut(w[1], ">")
		var data []byte
		framing := map[string]protocol.Framing{"TCP": protocol.StreamFraming, "WS": protocol.WebSocketFraming}[w[2]]
		switch {
		case w[2] == "bytes" || framing.Reliable() && w[3] == "bytes":
			data, _ = hex.DecodeString(w[len(w)-1])
		case framing.Reliable():
			data = traceMessage(t, framing, append([]string{"CON", w[3], "0"}, w[4:]...))
		default:
			data = traceMessage(t, framing, w[2:])
		}
		frame++
		info := tracker.Add(Observed{
			Frame: frame, Time: start.Add(time.Duration(seconds*1e3) * time.Millisecond),
			Source: peers[from], Destination: peers[to], Framing: framing, Data: data,
		})
		infos = append(infos, info)
		frames[frame] = data
		if got := describe(info); told && got != want {
			t.Errorf("frame %d: %s\n got %s\nwant %s", frame, action, got, want)
		}
	}
	for i, info := range infos {
		got := tracker.Info(uint64(i + 1))
		if info.Transfer == 0 {
			got.Transfer = 0 // known later
		}
		if got != info {
			t.Errorf("frame %d is %v, and later %v", i+1, info, got)
		}
	}
	return tracker
}

func traceMessage(t *testing.T, framing protocol.Framing, w []string) []byte {
	t.Helper()
	var m protocol.Message
	m.Type = protocol.Type(slices.Index([]string{"CON", "NON", "ACK", "RST"}, w[0]))
	class, detail, _ := strings.Cut(w[1], ".")
	c, _ := strconv.Atoi(class)
	d, _ := strconv.Atoi(detail)
	m.Code = protocol.MakeCode(uint8(c), uint8(d))
	id, err := strconv.Atoi(w[2])
	if err != nil {
		t.Fatal(err)
	}
	m.MessageID = protocol.MessageID(id)
	for _, s := range w[3:] {
		if s == "-" {
			continue
		}
		if length, ok := strings.CutPrefix(s, "+"); ok {
			n, _ := strconv.Atoi(length)
			m.Payload = tracePayload(&m, n)
		} else if text, ok := strings.CutPrefix(s, "@"); ok {
			m.Payload, _ = hex.DecodeString(text)
		} else if n, text, ok := strings.Cut(s, ":"); ok {
			number, _ := strconv.Atoi(n)
			m.Options = m.Options.Add(protocol.OptionNumber(number), []byte(text))
		} else if n, text, ok := strings.Cut(s, "="); ok {
			number, _ := strconv.Atoi(n)
			value, _ := hex.DecodeString(text)
			m.Options = m.Options.Add(protocol.OptionNumber(number), value)
		} else {
			b, err := hex.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			m.Token = protocol.TokenOf(b)
		}
	}
	data, err := m.AppendFraming(framing, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func describe(f FrameInfo) string {
	s := fmt.Sprintf("%d %s", f.Exchange, f.Role)
	if f.Number > 0 {
		s += fmt.Sprintf(" no. %d", f.Number)
	}
	if f.Related > 0 {
		s += fmt.Sprintf(" to %d", f.Related)
	}
	if f.RTT > 0 {
		s += fmt.Sprintf(" after %s", f.RTT)
	}
	if f.Stale {
		s += " stale"
	}
	return s
}

func summarize(tracker *Tracker, i Index) string {
	e, ok := tracker.Exchange(i)
	if !ok {
		return fmt.Sprintf("%d none", i)
	}
	s := fmt.Sprintf("%d %s %s", e.Index, e.Type, e.Method.Short())
	if e.Framing.Reliable() {
		s = fmt.Sprintf("%d %s %s", e.Index, e.Framing, e.Method.Short())
	}
	if e.Path != "" {
		s += " " + e.Path
	}
	if e.Query != "" {
		s += " ?" + e.Query
	}
	s += fmt.Sprintf(" %s %s", e.State, e.Code.Dotted())
	if e.RTT > 0 {
		s += fmt.Sprintf(" rtt %s", e.RTT)
	}
	s += fmt.Sprintf(" frames %v", tracker.Frames(i))
	for _, f := range []struct {
		name string
		n    int
	}{
		{"retransmissions", e.Retransmissions},
		{"duplicates", e.Duplicates},
		{"responses", e.Responses},
		{"notifications", e.Notifications},
		{"stale", e.Stale},
		{"sequence", int(e.Sequence)},
	} {
		if f.n > 0 {
			s += fmt.Sprintf(" %s %d", f.name, f.n)
		}
	}
	for _, b := range []struct {
		name string
		b    OptionalBlock
	}{
		{"Block1?", e.RequestBlock1},
		{"Block2?", e.RequestBlock2},
		{"Block1", e.ResponseBlock1},
		{"Block2", e.ResponseBlock2},
	} {
		if b.b.Present {
			s += fmt.Sprintf(" %s %s", b.name, b.b)
		}
	}
	return s
}

func TestTrackerTraces(t *testing.T) {
	for _, trace := range []struct{ name, script string }{
		{"piggybacked, with retransmissions on both sides", `
			0    c>s CON 0.01 1 aa 11:sensors 11:temp 15:unit=C  | 1 request
			2    c>s CON 0.01 1 aa 11:sensors 11:temp 15:unit=C  | 1 retransmission no. 1 to 1
			2.1  s>c ACK 2.05 1 aa                    | 1 piggybacked response no. 1 to 1 after 2.1s
			2.2  s>c ACK 2.05 1 aa                    | 1 duplicate response no. 1 to 3
			6    c>s CON 0.01 1 aa 11:sensors 11:temp 15:unit=C  | 1 retransmission no. 2 to 1
			= 1 CON GET /sensors/temp ?unit=C answered 2.05 rtt 2.1s frames [1 2 3 4 5] retransmissions 2 duplicates 1 responses 1
			= 2 none`},
		{"separate", `
			0    c>s CON 0.02 1 aa                    | 1 request
			0.1  s>c ACK 0.00 1 -                     | 1 acknowledgement no. 1 to 1 after 100ms
			0.2  s>c ACK 0.00 1 -                     | 1 acknowledgement no. 2 to 1 after 200ms
			3    s>c CON 2.04 7 aa                    | 1 separate response no. 1 to 1 after 3s
			3.1  c>s ACK 0.00 7 -                     | 1 acknowledgement no. 1 to 4 after 100ms
			5    s>c CON 2.04 7 aa                    | 1 duplicate response no. 1 to 4
			5.1  c>s ACK 0.00 7 -                     | 1 acknowledgement no. 2 to 4 after 2.1s
			= 1 CON POST / answered 2.04 rtt 3s frames [1 2 3 4 5 6 7] duplicates 1 responses 1`},
		{"separate before the ACK, and only acknowledged", `
			0    c>s CON 0.01 1 aa                    | 1 request
			0.1  s>c NON 2.05 7 aa                    | 1 separate response no. 1 to 1 after 100ms
			0.2  s>c ACK 0.00 1 -                     | 1 acknowledgement no. 1 to 1 after 200ms
			1    c>s CON 0.01 2 bb                    | 2 request
			1.2  s>c ACK 0.00 2 -                     | 2 acknowledgement no. 1 to 4 after 200ms
			2    c>s CON 0.01 3 cc                    | 3 request
			= 1 CON GET / answered 2.05 rtt 100ms frames [1 2 3] responses 1
			= 2 CON GET / acknowledged 0.00 frames [4 5]
			= 3 CON GET / open 0.00 frames [6]`},
		{"NON, and a second response with another message ID", `
			0    c>s NON 0.01 1 aa                    | 1 request
			0.1  s>c NON 2.05 7 aa                    | 1 separate response no. 1 to 1 after 100ms
			0.2  s>c NON 2.05 8 aa                    | 1 duplicate response no. 1 to 2
			= 1 NON GET / answered 2.05 rtt 100ms frames [1 2 3] duplicates 1 responses 1`},
		{"reset, ping, pong", `
			0    c>s CON 0.01 1 aa                    | 1 request
			0.1  s>c RST 0.00 1 -                     | 1 reset no. 1 to 1 after 100ms
			1    c>s CON 0.00 2 -                     | 2 ping
			3    c>s CON 0.00 2 -                     | 2 retransmission no. 1 to 3
			3.5  s>c RST 0.00 2 -                     | 2 pong no. 1 to 3 after 2.5s
			4    s>c CON 0.00 2 -                     | 3 ping
			4.5  c>s ACK 0.00 2 -                     | 3 pong no. 1 to 6 after 500ms
			= 1 CON GET / reset 0.00 frames [1 2]
			= 2 CON 0.00 answered 0.00 rtt 2.5s frames [3 4 5] retransmissions 1 responses 1
			= 3 CON 0.00 answered 0.00 rtt 500ms frames [6 7] responses 1`},
		{"observation: order, retransmitted notification, end by RST", `
			0    c>s CON 0.01 1 aa 6=                 | 1 request
			0.1  s>c ACK 2.05 1 aa 6=05               | 1 piggybacked response no. 1 to 1 after 100ms
			10   s>c CON 2.05 7 aa 6=06               | 1 notification no. 2 to 1
			10.1 c>s ACK 0.00 7 -                     | 1 acknowledgement no. 1 to 3 after 100ms
			12   s>c CON 2.05 7 aa 6=06               | 1 duplicate response no. 1 to 3
			20   s>c NON 2.05 9 aa 6=08               | 1 notification no. 3 to 1
			21   s>c NON 2.05 8 aa 6=07               | 1 notification no. 4 to 1 stale
			// 1,000 s, two rotations of the tables and other traffic later
			1021 d>s NON 0.01 1 dd                    | 2 request
			1600 d>s NON 0.01 2 dd                    | 3 request
			2400 s>c NON 2.05 9 aa 6=01               | 1 notification no. 5 to 1
			2401 s>c CON 2.05 10 aa 6=02              | 1 notification no. 6 to 1
			2402 c>s RST 0.00 10 -                    | 1 reset no. 1 to 11 after 1s
			= 1 CON GET / cancelled 2.05 rtt 100ms frames [1 2 3 4 5 6 7 10 11 12] duplicates 1 responses 6 notifications 6 stale 1 sequence 2`},
		{"observation: ended by a request with its token, by the server, refused", `
			0    c>s CON 0.01 1 aa 6= 11:x            | 1 request
			0.1  s>c ACK 2.05 1 aa 6=05               | 1 piggybacked response no. 1 to 1 after 100ms
			1    c>s CON 0.01 2 aa 6=01 11:x          | 2 request
			1.1  s>c ACK 2.05 2 aa                    | 2 piggybacked response no. 1 to 3 after 100ms
			2    c>s CON 0.01 3 bb 6= 11:x            | 3 request
			2.1  s>c ACK 2.05 3 bb 6=05               | 3 piggybacked response no. 1 to 5 after 100ms
			3    s>c NON 4.04 9 bb                    | 3 notification no. 2 to 5
			4    c>s CON 0.01 4 cc 6= 11:y            | 4 request
			4.1  s>c ACK 2.05 4 cc                    | 4 piggybacked response no. 1 to 8 after 100ms
			= 1 CON GET /x cancelled 2.05 rtt 100ms frames [1 2] responses 1 notifications 1 sequence 5
			= 2 CON GET /x answered 2.05 rtt 100ms frames [3 4] responses 1
			= 3 CON GET /x answered 4.04 rtt 100ms frames [5 6 7] responses 2 notifications 1 sequence 5
			= 4 CON GET /y answered 2.05 rtt 100ms frames [8 9] responses 1`},
		{"observation that began before the trace", `
			0    s>c CON 2.05 7 aa 6=06               | 1 notification no. 1
			0.1  c>s ACK 0.00 7 -                     | 1 acknowledgement no. 1 to 1 after 100ms
			9    s>c CON 2.05 8 aa 6=07               | 1 notification no. 2 to 1
			= 1 CON 0.00 observing 2.05 frames [1 2 3] responses 2 notifications 2 sequence 7`},
		{"multicast: answers from everywhere, by token and client", `
			0    c>m NON 0.01 1 aa 11:.well-known 11:core | 1 request
			0.1  s>c NON 2.05 7 aa                    | 1 separate response no. 1 to 1 after 100ms
			0.2  t>c NON 2.05 7 aa                    | 1 separate response no. 2 to 1 after 200ms
			0.3  t>c NON 2.05 7 aa                    | 1 duplicate response no. 1 to 3
			0.4  s>d NON 2.05 8 aa                    | 0 unmatched
			0.5  t>c RST 0.00 1 -                     | 1 reset no. 1 to 1 after 500ms
			= 1 NON GET /.well-known/core answered 2.05 rtt 100ms frames [1 2 3 4 6] duplicates 1 responses 2`},
		{"another port, another client, another token", `
			0    c>s CON 0.01 1 aa                    | 1 request
			0.1  t>c ACK 2.05 1 aa                    | 0 unmatched
			0.2  s>d ACK 2.05 1 aa                    | 0 unmatched
			0.3  s>c ACK 2.05 1 bb                    | 0 unmatched to 1
			0.4  t>c CON 2.05 7 aa                    | 0 unmatched
			0.5  c>t RST 0.00 7 -                     | 0 reset no. 1 to 5 after 100ms
			0.6  d>s CON 0.01 1 aa                    | 2 request`},
		{"message ID and token come again: at once with another token, later with all the same", `
			0    c>s CON 0.01 1 aa                    | 1 request
			0.1  s>c ACK 2.05 1 aa                    | 1 piggybacked response no. 1 to 1 after 100ms
			1    c>s CON 0.01 1 bb                    | 2 request
			1.1  s>c ACK 2.05 1 bb                    | 2 piggybacked response no. 1 to 3 after 100ms
			248  c>s CON 0.01 1 bb                    | 2 retransmission no. 1 to 3
			248.1 c>s CON 0.01 1 bb                   | 3 request
			248.2 s>c ACK 2.05 1 bb                   | 3 piggybacked response no. 1 to 6 after 100ms
			600  s>c NON 2.05 9 bb                    | 0 unmatched`},
		{"malformed and senseless", `
			0    c>s bytes 4001004dff                 | 0 malformed
			0    c>s bytes 00                         | 0 malformed
			0    c>s NON 0.00 1 -                     | 0 unmatched
			0    c>s CON 7.01 2 -                     | 0 unmatched
			0    c>s ACK 0.01 2 -                     | 0 unmatched
			0    c>s CON 0.01 5 aa                    | 1 request
			0.1  s>c RST 2.05 5 aa                    | 0 unmatched to 6
			0.2  s>c ACK 0.01 5 aa                    | 0 unmatched to 6`},
		{"Block values", `
			0    c>s CON 0.03 1 aa 27=0e 60=2710      | 1 request
			0.1  s>c ACK 2.31 1 aa 27=0e              | 1 piggybacked response no. 1 to 1 after 100ms
			1    c>s CON 0.01 2 bb 23=16              | 2 request
			1.1  s>c ACK 2.05 2 bb 23=1e              | 2 piggybacked response no. 1 to 3 after 100ms
			= 1 CON PUT / answered 2.31 rtt 100ms frames [1 2] responses 1 Block1? 0/1/1024 Block1 0/1/1024
			= 2 CON GET / answered 2.05 rtt 100ms frames [3 4] responses 1 Block2? 1/0/1024 Block2 1/1/1024`},
		{"TCP: signalling, and responses that overtake each other", `
			0    c>s TCP 7.01 - 2=0480                | 0 signalling
			0    s>c TCP 7.01 -                       | 0 signalling
			1    c>s TCP 0.01 aa 11:a                 | 1 request
			1.1  c>s TCP 0.01 bb 11:b                 | 2 request
			1.3  s>c TCP 2.05 bb                      | 2 separate response no. 1 to 4 after 200ms
			1.4  s>c TCP 2.05 aa                      | 1 separate response no. 1 to 3 after 400ms
			1.5  s>c TCP 2.05 aa                      | 0 unmatched to 3
			1.6  s>c TCP 2.05 cc                      | 0 unmatched
			1.7  d>s TCP 2.05 aa                      | 0 unmatched
			2    c>s TCP 0.01 aa 11:a                 | 3 request
			2.1  s>c TCP 2.05 aa                      | 3 separate response no. 1 to 10 after 100ms
			3    c>s TCP 0.00 -                       | 0 signalling
			4    s>c TCP 7.04 -                       | 0 signalling
			5    s>c TCP 7.05 - 2=02                  | 0 signalling
			5    s>c TCP 7.31 -                       | 0 signalling
			6    c>s TCP bytes 10                     | 0 malformed
			6    c>s TCP bytes 200145                 | 0 malformed
			= 1 TCP GET /a answered 2.05 rtt 400ms frames [3 6] responses 1
			= 2 TCP GET /b answered 2.05 rtt 200ms frames [4 5] responses 1
			= 3 TCP GET /a answered 2.05 rtt 100ms frames [10 11] responses 1
			= 4 none`},
		{"TCP: pings from both sides, by token", `
			0    c>s TCP 7.02 aa                      | 1 ping
			0    c>s TCP 0.01 aa                      | 2 request
			0.1  s>c TCP 7.02 aa                      | 3 ping
			0.2  s>c TCP 7.03 bb                      | 0 unmatched
			0.3  s>c TCP 7.03 aa                      | 1 pong no. 1 to 1 after 300ms
			0.4  s>c TCP 7.03 aa                      | 0 unmatched
			0.5  c>s TCP 7.03 aa                      | 3 pong no. 1 to 3 after 400ms
			0.6  s>c TCP 2.05 aa                      | 2 separate response no. 1 to 2 after 600ms
			= 1 TCP 0.00 answered 0.00 rtt 300ms frames [1 5] responses 1
			= 2 TCP GET / answered 2.05 rtt 600ms frames [2 8] responses 1
			= 3 TCP 0.00 answered 0.00 rtt 400ms frames [3 7] responses 1`},
		{"WebSocket: an observation keeps its order, whatever its values, and ends by a request", `
			0    c>s WS 0.01 aa 6= 11:x               | 1 request
			0.1  s>c WS 2.05 aa 6=05                  | 1 separate response no. 1 to 1 after 100ms
			1    s>c WS 2.05 aa 6=04                  | 1 notification no. 2 to 1
			2    s>c WS 2.05 aa 6=                    | 1 notification no. 3 to 1
			// two rotations of the tables later
			1021 d>s NON 0.01 1 dd                    | 2 request
			1600 d>s NON 0.01 2 dd                    | 3 request
			2400 s>c WS 2.05 aa 6=04                  | 1 notification no. 4 to 1
			2401 c>s WS 0.01 aa 6=01 11:x             | 4 request
			2402 s>c WS 2.05 aa                       | 4 separate response no. 1 to 8 after 1s
			2403 s>c WS 2.05 ee 6=09                  | 5 notification no. 1
			2404 s>c WS 2.05 ee 6=09                  | 5 notification no. 2 to 10
			= 1 WebSocket GET /x cancelled 2.05 rtt 100ms frames [1 2 3 4 7] responses 4 notifications 4 sequence 4
			= 4 WebSocket GET /x answered 2.05 rtt 1s frames [8 9] responses 1
			= 5 WebSocket 0.00 observing 2.05 frames [10 11] responses 2 notifications 2 sequence 9`},
		{"TCP: an answer that takes its time; the same token over UDP between the same ports", `
			0    c>s TCP 0.01 aa                      | 1 request
			0    c>s CON 0.01 1 aa                    | 2 request
			300  d>s NON 0.01 1 dd                    | 3 request
			600  d>s NON 0.01 2 dd                    | 4 request
			900  s>c TCP 2.05 aa                      | 1 separate response no. 1 to 1 after 15m0s
			900  s>c NON 2.05 7 aa                    | 0 unmatched`},
		{"TCP: block-wise with BERT", `
			0    c>s TCP 0.01 aa 11:x 23=07           | 1 request
			0.1  s>c TCP 2.05 aa 23=0f                | 1 separate response no. 1 to 1 after 100ms
			0.2  c>s TCP 0.01 aa 11:x 23=47           | 2 request
			0.3  s>c TCP 2.05 aa 23=47                | 2 separate response no. 1 to 3 after 100ms
			= 1 TCP GET /x answered 2.05 rtt 100ms frames [1 2] responses 1 Block2? 0/0/1024 Block2 0/1/1024`},
	} {
		t.Run(trace.name, func(t *testing.T) { trackTrace(t, trace.script) })
	}
}

func TestTrackerFrameNumbers(t *testing.T) {
	tracker := NewTracker()
	ping := []byte{0x40, 0, 0, 0}
	for i, frame := range []uint64{5, 6, 9, 1 << 40} {
		ping[3] = byte(i)
		info := tracker.Add(Observed{frame, start, peers["c"], peers["s"], 0, ping})
		if info.Role != RolePing || info.Exchange != Index(i+1) {
			t.Errorf("frame %d: %v", frame, info)
		}
	}
	if info := tracker.Add(Observed{9, start, peers["c"], peers["s"], 0, ping}); info != (FrameInfo{}) {
		t.Errorf("frame 9 again: %v", info)
	}
	for frame, want := range map[uint64]Index{0: 0, 4: 0, 5: 1, 6: 2, 7: 0, 8: 0, 9: 3, 10: 0, 1 << 40: 4, 1<<64 - 1: 0} {
		if got := tracker.Info(frame).Exchange; got != want {
			t.Errorf("frame %d is of exchange %d, want %d", frame, got, want)
		}
	}
}

// Frames may be asked for as they come, each once, among those of another exchange.
func TestTrackerAppendFrames(t *testing.T) {
	tracker := NewTracker()
	ping := []byte{0x40, 0, 0, 0}
	var appended []uint64
	for frame := uint64(1); frame <= 3*chunkLength; frame++ {
		ping[3] = byte(frame % 2)
		tracker.Add(Observed{frame, start, peers["c"], peers["s"], 0, ping})
		before := len(appended)
		if appended = tracker.AppendFrames(appended, 1); len(appended)-before != int(frame%2) {
			t.Fatalf("frame %d: %d more frames", frame, len(appended)-before)
		}
	}
	if !slices.Equal(appended, tracker.Frames(1)) || len(appended) != 3*chunkLength/2 {
		t.Errorf("%d frames, one by one; %d at once", len(appended), len(tracker.Frames(1)))
	}
	if got := tracker.AppendFrames([]uint64{2}, 1); !slices.Equal(got, []uint64{2}) {
		t.Errorf("after a frame of another exchange: %d", got)
	}
	if got := tracker.AppendFrames(nil, 3); got != nil {
		t.Errorf("of no exchange: %d", got)
	}
}

// The tables are bounded, whatever comes and however fast; and a flood is forgotten after it.
func TestTrackerIsBounded(t *testing.T) {
	tracker := NewTracker()
	data := []byte{0x50, byte(protocol.Content), 0, 0}
	ack := []byte{0x60, 0, 0, 0}
	now := start
	for i := range 3 * maxGeneration / 2 {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5683)
		tracker.Add(Observed{uint64(2*i + 1), now, from, peers["c"], 0, data})
		tracker.Add(Observed{uint64(2*i + 2), now, from, peers["c"], 0, ack})
	}
	for _, g := range []*generation{&tracker.young, &tracker.old} {
		if n := max(len(g.messages), len(g.records), len(g.endpoints), len(g.tokens)); n > maxGeneration+2 {
			t.Errorf("%d entries", n)
		}
	}
	frame := uint64(1 << 30)
	for range 5 {
		now = now.Add(time.Hour)
		frame++
		tracker.Add(Observed{frame, now, peers["s"], peers["c"], 0, data})
	}
	for _, g := range []*generation{&tracker.young, &tracker.old} {
		if n := max(len(g.messages), cap(g.records), len(g.endpoints), len(g.tokens)); n > 16 {
			t.Errorf("%d entries after the flood", n)
		}
	}
}

// The tracker has the same idea of exchanges as the machine that makes them.
func TestTrackerAgreesWithTraffic(t *testing.T) {
	frames := traffic(10_000)
	tracker := NewTracker()
	counts := map[Role]int{}
	for _, f := range frames {
		counts[tracker.Add(f).Role]++
	}
	if counts[RoleUnmatched]+counts[RoleMalformed]+counts[RoleDuplicateResponse] != 0 {
		t.Errorf("roles: %v", counts)
	}
	if counts[RoleRequest] != tracker.Len() || counts[RolePiggybacked]+counts[RoleSeparate] != tracker.Len() {
		t.Errorf("%d exchanges, roles: %v", tracker.Len(), counts)
	}
	if counts[RoleRetransmission] == 0 || counts[RoleAcknowledgement] != 2*counts[RoleSeparate] {
		t.Errorf("roles: %v", counts)
	}
}
