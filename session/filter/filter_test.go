package filter

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
	"coapscope/session/track"
)

var (
	start  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	client = netip.MustParseAddrPort("192.0.2.1:50000")
	server = netip.MustParseAddrPort("[2001:db8::7]:5683")
)

// story is a source made of frames, recognised by a tracker.
type story struct {
	tracker *track.Tracker
	frames  []*trace.Frame
	rules   map[trace.Seq][]*dissect.Rule
	rows    map[trace.Seq]string
}

func newStory() *story {
	return &story{tracker: track.NewTracker(), rules: map[trace.Seq][]*dissect.Rule{}, rows: map[trace.Seq]string{}}
}

func (s *story) Begin() time.Time                 { return start }
func (s *story) Info(q trace.Seq) track.FrameInfo { return s.tracker.Info(uint64(q)) }
func (s *story) RowText(q trace.Seq) string       { return s.rows[q] }
func (s *story) DeviceName(a netip.AddrPort) string {
	if a == server {
		return "livingroom"
	}
	return a.String()
}

func (s *story) Exchange(x track.Index) (track.Exchange, bool) { return s.tracker.Exchange(x) }

func (s *story) Peer(f *trace.Frame, _ track.FrameInfo) (netip.AddrPort, bool) {
	if f.Source == server {
		return f.Source, true
	}
	return f.Destination, false
}

func (s *story) Findings(r []*dissect.Rule, q trace.Seq) []*dissect.Rule {
	return append(r, s.rules[q]...)
}

// add appends a frame, sent after so many milliseconds.
func (s *story) add(ms int, transport trace.Transport, fromServer bool, data []byte) trace.Seq {
	f := &trace.Frame{
		Seq: trace.Seq(len(s.frames) + 1), Time: start.Add(time.Duration(ms) * time.Millisecond), Transport: transport,
		Source: client, Destination: server, Direction: trace.Sent, Data: data,
	}
	if fromServer {
		f.Source, f.Destination, f.Direction = server, client, trace.Received
	}
	s.frames = append(s.frames, f)
	s.tracker.Add(track.Observed{
		Frame: uint64(f.Seq), Time: f.Time, Source: f.Source, Destination: f.Destination, Framing: transport.Framing(), Data: data,
	})
	return f.Seq
}

func (s *story) packet(q trace.Seq) *Packet { return &Packet{Frame: s.frames[q-1], Source: s} }

func wire(t testing.TB, framing protocol.Framing, m protocol.Message) []byte {
	t.Helper()
	b, err := m.AppendFraming(framing, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// example is a story with one frame of each sort:
//
//	1 CON GET   /sensors/temp?unit=C, observe
//	2 the same again
//	3 ACK 2.05  observe 7, CBOR, block
//	4 NON 2.05  observe 9
//	5 NON 2.05  observe 8: stale
//	6 garbage
//	7 CSM on TCP
//	8 CON 4.04 that matches nothing
func example(t testing.TB) *story {
	s := newStory()
	request := protocol.Message{Type: protocol.Confirmable, Code: protocol.GET, MessageID: 0x7d34, Token: protocol.TokenOf([]byte{0xa1, 0xf3})}
	request.Options = request.Options.Add(protocol.URIPath, []byte("sensors")).Add(protocol.URIPath, []byte("temp")).
		Add(protocol.URIQuery, []byte("unit=C")).AddUint(protocol.Observe, 0).AddUint(protocol.Accept, 60).
		Add(protocol.URIHost, []byte("living.example"))
	s.add(0, trace.UDP, false, wire(t, protocol.DatagramFraming, request))
	s.add(2413, trace.UDP, false, wire(t, protocol.DatagramFraming, request))
	answer := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: 0x7d34, Token: request.Token, Payload: []byte("21.4 C")}
	answer.Options = answer.Options.AddUint(protocol.Observe, 7).AddUint(protocol.ContentFormatOption, 60).
		AddUint(protocol.MaxAge, 60).Add(3332, []byte{0x0a, 0x0b}).Add(protocol.Block2, protocol.Block{Num: 3, More: true, SZX: 4}.Value())
	s.add(2437, trace.UDP, true, wire(t, protocol.DatagramFraming, answer))
	for i, seq := range []uint64{9, 8} {
		note := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: protocol.MessageID(0x1b02 + i), Token: request.Token, Payload: []byte{0xff, 0x00, 0x17}}
		note.Options = note.Options.AddUint(protocol.Observe, seq)
		s.add(5000+100*i, trace.UDP, true, wire(t, protocol.DatagramFraming, note))
	}
	s.add(6000, trace.UDP, true, []byte{0x47, 1, 2})
	csm := protocol.Message{Code: protocol.CSM}
	csm.Options = csm.Options.AddUint(protocol.MaxMessageSize, 1152)
	s.add(7000, trace.TCP, false, wire(t, protocol.StreamFraming, csm))
	s.add(8000, trace.UDP, true, wire(t, protocol.DatagramFraming, protocol.Message{Code: protocol.NotFound, MessageID: 0x99}))
	rules := dissect.Rules()
	s.rules[5] = []*dissect.Rule{{ID: "observe-stale", Severity: dissect.Warning}, {ID: "no-etag", Severity: dissect.Note}}
	s.rules[6] = []*dissect.Rule{&rules[0]}
	s.rows[3] = "3 livingroom ACK 2.05 CBOR 51 B obs=7"
	s.rows[8] = "8 livingroom CON 4.04 Not Found matches nothing"
	return s
}

func TestExpressions(t *testing.T) {
	s := example(t)
	for _, c := range []struct{ expr, want string }{
		{"", "12345678"},
		{"  ", "12345678"},
		{"frame.number == 3", "3"},
		{"frame.number in {1, 3..5,8}", "13458"},
		{"time < 2.413", "1"},
		{"time <= 2413ms && time>0", "2"},
		{"direction == sent", "127"},
		{"direction != SENT", "34568"},
		{"transport == tcp", "7"},
		{"peer == livingroom", "12345678"},
		{"peer contains living", "12345678"},
		{"src == livingroom", "34568"},
		{"src == 192.0.2.1", "127"},
		{"src == 192.0.2.0/24", "127"},
		{"src == 192.0.2.1:50000", "127"},
		{"src == 192.0.2.1:50001", ""},
		{"dst == [2001:db8::7]:5683", "127"},
		{"dst == 2001:db8::7", "127"},
		{"dst in {2001:db8::8, 2001:db8::/32}", "127"},
		{"port == 50000", "12345678"},
		{"port == 1", ""},
		{"port != 5683", ""},
		{"len == 3", "6"},
		{"len lt 5", "68"},

		{"version == 1", "1234568"},
		{"type == CON", "128"},
		{"type == non or type eq ack", "345"},
		{"type != CON", "345"},
		{"tkl == 2", "12345"},
		{"code == GET", "12"},
		{"code == 2.05", "345"},
		{"code == 2.xx", "345"},
		{"code in {GET, 4.04}", "128"},
		{"code >= 4.00", "78"},
		{`code == "Not Found"`, "8"},
		{"code == CSM", "7"},
		{"code.class == 2", "345"},
		{"code.detail == 5", "345"},
		{"mid == 0x7d34", "123"},
		{"mid == 7d34", "123"},
		{"mid == 32052", "123"},
		{"mid contains 7D", "123"},
		{"token", "12345"},
		{"not token", "678"},
		{"token == a1f3", "12345"},
		{"token == A1:F3", "12345"},
		{"token contains f3", "12345"},
		{`token == ""`, "78"},
		{"token != a1f3", "78"},
		{"token.len == 2", "12345"},

		{`uri contains "temp"`, "12345"},
		{"uri == /sensors/temp?unit=C", "12345"},
		{"(uri == /sensors/temp?unit=C)&&type==ACK", "3"},
		{"path == /sensors/temp", "12345"},
		{"query == unit=C", "12345"},
		{`uri matches "^/SENSORS/\w+\?"`, "12345"},
		{"host == living.example", "12"},
		{"host contains 2001:db8", "34578"},
		{"uri-path == temp", "12"},
		{"uri-path == sensors", "12"},
		{"uri-path != temp", ""},
		{"uri-query", "12"},

		{"observe", "12345"},
		{"observe == 0", "12"},
		{"observe > 7", "45"},
		{"observe in {7, 8}", "35"},
		{"accept == application/cbor", "12"},
		{"content-format == 60", "3"},
		{"content-format == cbor", "3"},
		{"content-format == application/CBOR", "3"},
		{"content-format contains cbor", "3"},
		{"max-age >= 60", "3"},
		{"block2", "3"},
		{"block2 == 3/1/256", "3"},
		{"block2.num == 3 and block2.more == 1 and block2.size == 256", "3"},
		{"option.3332 == 0a0b", "3"},
		{"option.3332 contains 0b", "3"},
		{"option.6 == 07", "3"},
		{"option.3333", ""},
		{"max-message-size == 1152", "7"},
		{"if-match", ""},

		{`payload contains "21.4"`, "3"},
		{"payload contains 21.4", "3"},
		{`payload contains ff:00`, "45"},
		{`payload matches "^\d+\.\d C$"`, "3"},
		{"payload", "345"},
		{"payload == ff0017", "45"},
		{"payload.len == 6", "3"},
		{"payload.len == 0", "1278"},

		{"role == request", "1"},
		{"role == retransmission", "2"},
		{"role == response", "345"},
		{"role == stale", "5"},
		{"role == notification", "45"},
		{"role != stale && role == notification", "4"},
		{"role in {request, notification}", "145"},
		{"exchange == 1", "12345"},
		{"exchange.state == observing", "12345"},
		{"exchange.state == reset", ""},
		{"transfer == 1", "123"},
		{"exchange.observation == 1", "12345"},
		{"responders", ""},
		{"proxy", ""},
		{"related == 1", "2345"},
		{"rtt > 20ms && code.class == 2", "3"},
		{"rtt < 20ms", ""},
		{"retransmission", "2"},
		{"retransmission == 1", "2"},
		{"finding == observe-stale", "5"},
		{"finding contains etag", "5"},
		{"severity >= warning", "56"},
		{"severity == note", "5"},
		{"severity", "56"},
		{"malformed", "6"},
		{"!malformed and not(code == GET)", "34578"},
		{"NOT Malformed AND CODE == 2.05 && Observe < 9", "35"},
		{"code == GET || code == 4.04 && mid == 1", "12"},
		{"(code == GET || code == 4.04) && mid == 0x99", "8"},

		{"livingroom 2.05", "3"},
		{"LIVINGROOM", "38"},
		{"not found", "8"},
		{`"not found"`, "8"},
		{`"found not"`, ""},
		{"4.04 livingroom nothing", "8"},
		{"2.05 temp", ""},
	} {
		f, err := Compile(c.expr, nil)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		got := ""
		reused := &Packet{Source: s}
		for i := range s.frames {
			q := trace.Seq(i + 1)
			match := f.Match(s.packet(q))
			if match {
				got += string(rune('0' + q))
			}
			if reused.Reset(s.frames[i]); f.Match(reused) != match {
				t.Errorf("%s: a packet that is used again gives %v for frame %d", c.expr, !match, q)
			}
		}
		if got != c.want {
			t.Errorf("%s: matches %s, want %s", c.expr, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		expr   string
		column int
		want   string
	}{
		{"code == ", 9, "a value is missing"},
		{"code == 2.5x", 9, "write 2.05, GET or 4.xx"},
		{"code = 2.05", 6, "write =="},
		{"coed == 2.05", 1, "is it code?"},
		{"observ == 1", 1, "is it observe?"},
		{"2.05 && observe", 1, "write code == 2.05"},
		{"GET || observe", 1, "write code == GET"},
		{"con && observe", 1, "write type == CON"},
		{"stale && observe", 1, "write role == stale"},
		{"xyzzy == 1", 1, "there is no field “xyzzy”"},
		{"observe == 1 code == 2.05", 14, "put && or ||"},
		{"(observe == 1", 14, "for the “(” at character 1"},
		{"observe == 1)", 13, "closes nothing"},
		{"observe &&", 11, "a field has to stand here"},
		{"&& observe", 1, "a field has to stand here"},
		{"observe == seven", 12, "is no number"},
		{"type == CONN", 9, "write one of CON, NON, ACK, RST"},
		{"rtt > 20 ms", 10, "“ms” does not belong here"},
		{"rtt > soon", 7, "20ms"},
		{"token == a1f", 10, "half a byte"},
		{"token < a1", 9, "not less or more"},
		{"malformed == 1", 14, "it is there or not"},
		{"content-format == application/nothing", 19, "no content format"},
		{"content-format < text/plain;x", 18, "no content format"},
		{`uri matches "("`, 13, "missing closing )"},
		{`uri contains "temp`, 14, "closing quote"},
		{"code in 2.05", 9, "{a, b, c}"},
		{"code in {2.05", 14, "comma or “}”"},
		{"code in {2.05,", 15, "a value is missing"},
		{"mid in {5..1}", 9, "the smaller end comes first"},
		{"token in {a1..a2}", 11, ""},
		{"option.70000 == 1", 1, "no field"},
		{"“ä” && code", 1, "a field has to stand here"},
		{"uri == ä && !", 14, "a field has to stand here"},
		{strings.Repeat("(", 300) + "code" + strings.Repeat(")", 300), 201, "more than 200"},
	} {
		if c.want == "" {
			if _, err := Compile(c.expr, nil); err != nil {
				t.Errorf("%s: %v", c.expr, err)
			}
			continue
		}
		_, err := Compile(c.expr, nil)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: no error", c.expr)
			continue
		}
		if e.Column() != c.column || !strings.Contains(e.Reason, c.want) || e.Offset+e.Length > len(c.expr) {
			t.Errorf("%s: %v, want character %d: … %s", c.expr, err, c.column, c.want)
		}
	}
}

func TestBoundary(t *testing.T) {
	for text, expression := range map[string]bool{
		"livingroom 2.05": false, "temp observe": false, "not found": false, "/a?x=1&y": false, "← ack": false, "get": false,
		"separate": false, "stale": false, "in progress": false, `"observe == 1"`: false, "(20)": false, "a and b": false,
		"observe": true, "not observe": true, "observe and block1": true, "uri contains temp": true, "retransmission": true,
	} {
		f, err := Compile(text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if f.NeedsFindings() {
			t.Errorf("%s: asks about findings", text)
		} else if f.IsExpression() != expression {
			t.Errorf("%s: an expression: %v, want %v", text, f.IsExpression(), expression)
		}
	}
}

func TestNeedsFindings(t *testing.T) {
	for _, text := range []string{"finding", "observe && !(severity >= warning)", "finding contains block"} {
		if f, err := Compile(text, nil); err != nil || !f.NeedsFindings() {
			t.Errorf("%s: asks about no findings, %v", text, err)
		}
	}
}

func TestNames(t *testing.T) {
	s := example(t)
	named, err := protocol.ParseNames("option 3332 Battery-Level uint 0-4\noption 10 Setting uint 0-2 7.01\ncode 4.28 Paper\ncontent-format 65001 application/vnd.acme+cbor")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Compile("battery-level == 0x0a0b && battery-level > 5", named)
	if err != nil || !f.Match(s.packet(3)) || f.Match(s.packet(4)) {
		t.Errorf("the user's name: %v", err)
	}
	for expr, want := range map[string]bool{
		"setting": false, "code == paper": false, "code != Paper": true, "content-format == application/vnd.acme+cbor": false,
	} {
		if f, err := Compile(expr, named); err != nil || f.Match(s.packet(3)) != want {
			t.Errorf("%s: %v, want %v", expr, err, want)
		}
	}
	if _, err := Compile("battery-level == 5", nil); err == nil {
		t.Error("a name that nobody gave is known")
	}
}

func TestColumns(t *testing.T) {
	s := example(t)
	for _, c := range []struct {
		field string
		frame trace.Seq
		want  string
	}{
		{"frame.number", 3, "3"},
		{"time", 2, "2.413000"},
		{"direction", 3, "received"},
		{"transport", 7, "TCP"},
		{"peer", 3, "livingroom"},
		{"src", 1, "192.0.2.1:50000"},
		{"port", 1, "50000, 5683"},
		{"type", 3, "ACK"},
		{"type", 7, ""},
		{"code", 1, "GET"},
		{"code", 3, "2.05"},
		{"mid", 3, "7d34"},
		{"token", 3, "a1f3"},
		{"uri", 3, "/sensors/temp?unit=C"},
		{"uri-path", 1, "sensors, temp"},
		{"observe", 3, "7"},
		{"observe", 8, ""},
		{"content-format", 3, "application/cbor"},
		{"block2", 3, "3/1/256"},
		{"block2.more", 3, "1"},
		{"option.3332", 3, "0a0b"},
		{"payload", 3, "21.4 C"},
		{"payload", 4, "ff0017"},
		{"role", 5, "notification, response, stale"},
		{"rtt", 3, "2.437s"},
		{"finding", 5, "observe-stale, no-etag"},
		{"severity", 5, "warning, note"},
		{"malformed", 6, "yes"},
		{"malformed", 1, ""},
		{"code", 6, ""},
	} {
		f, ok := Lookup(c.field, nil)
		if !ok {
			t.Errorf("no field %s", c.field)
		} else if got := f.Text(s.packet(c.frame)); got != c.want {
			t.Errorf("%s of frame %d: %q, want %q", c.field, c.frame, got, c.want)
		}
	}
	if _, ok := Lookup("nothing", nil); ok {
		t.Error("what is no field is taken for one")
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Fields() {
		if seen[f.Name] || f.Name != strings.ToLower(f.Name) || f.About == "" || f.get == nil || (f.Kind == Choice) != (f.Choices != nil) {
			t.Errorf("row %+v", f)
		}
		seen[f.Name] = true
		if strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			t.Errorf("the name %q cannot be written", f.Name)
		}
	}
	for _, row := range protocol.OptionTable() {
		if !seen[strings.ToLower(row.Name)] {
			t.Errorf("option %s has no field", row.Name)
		}
	}
}

func TestComplete(t *testing.T) {
	first := func(text string) string {
		s := Complete(text, len(text), nil)
		if len(s) == 0 {
			return ""
		}
		return text[:s[0].From] + s[0].Text + text[s[0].To:]
	}
	for text, want := range map[string]string{
		"obs":                             "observe",
		"co":                              "code",
		"not obse":                        "not observe",
		"code == 2.05 && bl":              "code == 2.05 && block2",
		"(tok":                            "(token",
		"code =":                          "code ==",
		"uri con":                         "uri contains",
		"type == a":                       "type == ACK",
		"code == 4.0":                     "code == 4.00",
		"code == g":                       "code == GET",
		"code in {GET, p":                 "code in {GET, POST",
		"content-format == application/c": "content-format == application/coap-payload",
		"role == st":                      "role == stale",
		"finding == observe-not-a":        "finding == observe-not-asked",
		"observe &":                       "observe &&",
		"observe == 1 a":                  "observe == 1 and",
		`uri contains "obs`:               "",
		"observe":                         "",
	} {
		got := first(text)
		if strings.HasPrefix(text, "content-format") {
			if !strings.HasPrefix(got, text) || got == text {
				t.Errorf("%s: %q", text, got)
			}
			continue
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if n := len(Complete("", 0, nil)); n < len(table) {
		t.Errorf("%d suggestions for nothing", n)
	}
}
