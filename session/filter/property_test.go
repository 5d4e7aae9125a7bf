package filter

import (
	"bytes"
	"testing"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"

	"pgregory.net/rapid"
)

var transports = []trace.Transport{trace.UDP, trace.TCP, trace.WebSocket}

// checkOf: what Of says of each field of a message compiles to an expression, and the message is one that it asks for.
func checkOf(t interface{ Errorf(string, ...any) }, transport trace.Transport, data []byte) (asked int) {
	tree := dissect.DissectFraming(transport.Framing(), data)
	for i := range tree.Fields {
		expr, ok := Of(tree, i)
		if !ok {
			continue
		}
		asked++
		f, err := Compile(expr, nil)
		if err != nil {
			t.Errorf("%x: field %d, %s: %s: %v", data, i, tree.Name(i), expr, err)
			continue
		}
		if !f.IsExpression() {
			t.Errorf("%x: field %d, %s: %s is no expression", data, i, tree.Name(i), expr)
		}
		if !f.Match(&Packet{Frame: &trace.Frame{Data: data, Transport: transport}}) {
			t.Errorf("%x: field %d, %s: %s does not match it", data, i, tree.Name(i), expr)
		}
		name, ok := ColumnOf(tree, i)
		if _, known := Lookup(name, nil); !ok || !known {
			t.Errorf("%x: field %d, %s: the column %q is unknown", data, i, tree.Name(i), name)
		}
	}
	return asked
}

func drawMessage(t *rapid.T) (trace.Transport, []byte) {
	var numbers []protocol.OptionNumber
	for _, row := range protocol.OptionTable() {
		numbers = append(numbers, row.Number)
	}
	m := protocol.Message{
		Type:      protocol.Type(rapid.IntRange(0, 3).Draw(t, "type")),
		Code:      protocol.Code(rapid.Byte().Draw(t, "code")),
		MessageID: protocol.MessageID(rapid.Uint16().Draw(t, "id")),
		Token:     protocol.TokenOf(rapid.SliceOfN(rapid.Byte(), 0, 14).Draw(t, "token")),
		Payload:   rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload"),
	}
	for range rapid.IntRange(0, 5).Draw(t, "options") {
		n := protocol.OptionNumber(rapid.Uint16().Draw(t, "number"))
		if rapid.Bool().Draw(t, "registered") {
			n = rapid.SampledFrom(numbers).Draw(t, "option")
		}
		m.Options = m.Options.Add(n, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "value"))
	}
	transport := rapid.SampledFrom(transports).Draw(t, "transport")
	b, err := m.AppendFraming(transport.Framing(), nil)
	if err != nil {
		b = []byte{0x40, byte(m.Code), 1, 2, 0xff}
	}
	return transport, b
}

func TestOfMatchesItsMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		transport, data := drawMessage(t)
		asked := checkOf(t, transport, data)
		if err := new(protocol.Message).ParseFraming(transport.Framing(), data); err == nil && asked < 3 {
			t.Errorf("%x: only %d fields can be asked for", data, asked)
		}
		if n := len(data); n > 0 { // and when it is damaged
			data = bytes.Clone(data)
			data[rapid.IntRange(0, n-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
			checkOf(t, transport, data[:rapid.IntRange(0, n).Draw(t, "cut")])
		}
	})
}

func TestOf(t *testing.T) {
	s := example(t)
	for _, c := range []struct {
		frame trace.Seq
		field string
		want  string
	}{
		{3, "Version", "version == 1"},
		{3, "Type", "type == ACK"},
		{3, "Code", "code == 2.05"},
		{3, "Detail", "code.detail == 5"},
		{3, "Message ID", "mid == 0x7d34"},
		{3, "Token", "token == a1f3"},
		{3, "6 Observe", "observe == 7"},
		{3, "12 Content-Format", "content-format == 60"},
		{3, "23 Block2", "block2 == 3/1/256"},
		{3, "3332", "option.3332 == 0a0b"},
		{1, "3 Uri-Host", `uri-host == "living.example"`},
		{1, "Code", "code == GET"},
		{7, "2 Max-Message-Size", "max-message-size == 1152"},
	} {
		f := s.frames[c.frame-1]
		tree := dissect.DissectFraming(f.Transport.Framing(), f.Data)
		found := false
		for i := range tree.Fields {
			if tree.Name(i) == c.field || len(c.field) == 4 && bytes.HasPrefix([]byte(tree.Name(i)), []byte(c.field)) {
				found = true
				if expr, ok := Of(tree, i); !ok || expr != c.want {
					t.Errorf("%s of frame %d: %q, want %q", c.field, c.frame, expr, c.want)
				}
				break
			}
		}
		if !found {
			t.Errorf("frame %d has no field %s", c.frame, c.field)
		}
	}
	if _, ok := Of(&dissect.Tree{}, 0); ok {
		t.Error("an empty tree has a field")
	}
}

// FuzzCompile: whatever the text, there is a filter or an error within it, and the filter can be used.
func FuzzCompile(f *testing.F) {
	s := example(f)
	for _, text := range []string{
		`code.class == 2 && uri contains "temp" && rtt > 20ms`, "observe and not role == stale", "token in {a1f3, b0..b1}",
		`uri matches "a(b|c)*\x41\"" or (port != 5683)`, "livingroom 2.05", "content-format == cbor || mid == 7d34", "!", "((", "in {", `"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		Complete(text, len(text)/2, nil)
		for _, c := range Complete(text, len(text), nil) {
			if c.From < 0 || c.To != len(text) || c.From > c.To {
				t.Errorf("%q: suggestion %+v", text, c)
			}
		}
		got, err := Compile(text, nil)
		if err != nil {
			e := err.(*Error)
			if e.Reason == "" || e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(text) || e.Column() < 1 {
				t.Errorf("%q: %+v", text, e)
			}
			return
		}
		p := &Packet{Source: s}
		for _, frame := range s.frames {
			p.Reset(frame)
			got.Match(p)
		}
	})
}

// benchmarked are filters that are used on every packet of a large capture.
var benchmarked = []struct{ name, expr string }{
	{"header", "code.class == 2 && mid != 0"},
	{"token", "token == a1f3"},
	{"option", "observe > 6"},
	{"uri", `uri contains "temp"`},
	{"picture", `code.class == 2 && uri contains "temp" && rtt > 20ms`},
	{"payload", `payload contains "21.4"`},
	{"role", "role == notification"},
	{"peer", "peer == 2001:db8::/32"},
	{"in", "code in {GET, 2.05, 4.xx}"},
}

func TestMatchAllocatesNothing(t *testing.T) {
	s := example(t)
	p := &Packet{Source: s}
	for _, c := range benchmarked {
		f, err := Compile(c.expr, nil)
		if err != nil {
			t.Fatal(err)
		}
		run := func() {
			for _, frame := range s.frames[:5] {
				p.Reset(frame)
				f.Match(p)
			}
		}
		run() // memory of p
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", c.expr, n)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	s := example(b)
	for _, c := range benchmarked {
		b.Run(c.name, func(b *testing.B) {
			f, err := Compile(c.expr, nil)
			if err != nil {
				b.Fatal(err)
			}
			p := &Packet{Source: s}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.Reset(s.frames[i%5])
				f.Match(p)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpackets/s")
		})
	}
}
