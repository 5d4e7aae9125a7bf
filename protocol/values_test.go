package protocol_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"
	"time"

	"coapscope/protocol"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var digits []byte
	for _, c := range []byte(s) {
		if c != ' ' {
			digits = append(digits, c)
		}
	}
	b, err := hex.DecodeString(string(digits))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTypeNames(t *testing.T) {
	for typ, want := range map[protocol.Type][2]string{
		protocol.Confirmable:     {"CON", "Confirmable"},
		protocol.NonConfirmable:  {"NON", "Non-confirmable"},
		protocol.Acknowledgement: {"ACK", "Acknowledgement"},
		protocol.Reset:           {"RST", "Reset"},
		4:                        {"Type(4)", "Type(4)"},
	} {
		if typ.String() != want[0] || typ.Name() != want[1] {
			t.Errorf("type %d is %q, %q, want %q", uint8(typ), typ, typ.Name(), want)
		}
	}
}

func TestFormatAndPartNames(t *testing.T) {
	for format, want := range map[protocol.Format]string{
		protocol.FormatOpaque: "opaque", protocol.FormatEmpty: "empty", protocol.FormatUint: "uint", protocol.FormatString: "string", 9: "Format(9)",
	} {
		if format.String() != want {
			t.Errorf("format is %q, want %q", format, want)
		}
	}
	for part, want := range map[protocol.Part]string{
		protocol.PartHeader: "header", protocol.PartToken: "token", protocol.PartOptions: "options", protocol.PartPayload: "payload", 9: "Part(9)",
	} {
		if part.String() != want {
			t.Errorf("part is %q, want %q", part, want)
		}
	}
}

func TestCodeClasses(t *testing.T) {
	for i := range 256 {
		code, class := protocol.Code(i), i>>5
		if protocol.MakeCode(uint8(class), uint8(i&31)) != code || int(code.Class()) != class || int(code.Detail()) != i&31 {
			t.Errorf("code %d is taken apart as %d.%d", i, code.Class(), code.Detail())
		}
		request, response, signaling := class == 0 && i != 0, class == 2 || class == 4 || class == 5, class == 7
		reserved := i != 0 && !request && !response
		context := protocol.Context(0)
		switch {
		case request:
			context = protocol.InRequest
		case response:
			context = protocol.InResponse
		case signaling:
			context = protocol.InSignaling
		}
		if code.IsRequest() != request || code.IsResponse() != response || code.IsSignaling() != signaling ||
			code.IsReserved() != reserved || protocol.ContextOf(code) != context {
			t.Errorf("code %s is sorted wrongly", code)
		}
	}
	if protocol.MakeCode(9, 37) != protocol.MakeCode(1, 5) {
		t.Error("MakeCode keeps bits that a code does not have")
	}
}

func TestToken(t *testing.T) {
	seen := map[protocol.Token]int{}
	for n := range 20 {
		b := make([]byte, n) // zero bytes count
		token := protocol.TokenOf(b)
		if token.Len() != n || !bytes.Equal(token.Bytes(), b) || token.String() != hex.EncodeToString(b) {
			t.Errorf("token of %d bytes: %d bytes, %q", n, token.Len(), token)
		}
		seen[token]++
		if got := token.Append([]byte{9}); !bytes.Equal(got, append([]byte{9}, b...)) {
			t.Errorf("Append = %x", got)
		}
	}
	if len(seen) != 20 {
		t.Errorf("20 tokens make %d map keys", len(seen))
	}
	source := []byte("0123456789abcdef")
	for _, n := range []int{3, 8, 9, 16} {
		b := bytes.Clone(source[:n])
		token := protocol.TokenOf(b)
		if token != protocol.TokenOf(source[:n]) {
			t.Errorf("equal tokens of %d bytes differ", n)
		}
		b[0] = 'x'
		token.Bytes()[1] = 'x'
		if token.String() != hex.EncodeToString(source[:n]) {
			t.Errorf("token of %d bytes shares memory", n)
		}
	}
	if (protocol.Token{}) != protocol.TokenOf(nil) {
		t.Error("the zero Token is not the empty one")
	}
	short := source[:8]
	if n := testing.AllocsPerRun(100, func() { protocol.TokenOf(short) }); n != 0 {
		t.Errorf("TokenOf allocates %v times", n)
	}
}

func TestUint(t *testing.T) {
	for v, want := range map[uint64]string{
		0: "", 1: "01", 255: "ff", 256: "0100", 1<<16 - 1: "ffff", 1 << 16: "010000", 1<<24 - 1: "ffffff", 1 << 24: "01000000",
		1<<32 - 1: "ffffffff", 1 << 32: "0100000000", 1 << 56: "0100000000000000", math.MaxUint64: "ffffffffffffffff",
	} {
		b := protocol.EncodeUint(v)
		if hex.EncodeToString(b) != want {
			t.Errorf("%d is encoded as %x, want %s", v, b, want)
		}
		if got := protocol.AppendUint([]byte{7}, v); hex.EncodeToString(got) != "07"+want {
			t.Errorf("AppendUint of %d = %x", v, got)
		}
		for _, padded := range [][]byte{b, append(make([]byte, 1), b...), append(make([]byte, 20), b...)} {
			if got, ok := protocol.DecodeUint(padded); !ok || got != v {
				t.Errorf("DecodeUint(%x) = %d, %t", padded, got, ok)
			}
			if got, ok := (protocol.Option{Value: padded}).Uint(); !ok || got != v {
				t.Errorf("Option.Uint(%x) = %d, %t", padded, got, ok)
			}
		}
	}
	if v, ok := protocol.DecodeUint(unhex(t, "01 00 00 00 00 00 00 00 00")); ok {
		t.Errorf("65 bits are decoded as %d", v)
	}
}

func TestBlock(t *testing.T) {
	for _, test := range []struct {
		block  protocol.Block
		value  string
		text   string
		size   int
		offset int
	}{
		{protocol.Block{}, "", "0/0/16", 16, 0},
		{protocol.Block{SZX: 2}, "02", "0/0/64", 64, 0},
		{protocol.Block{Num: 1, SZX: 2}, "12", "1/0/64", 64, 64},
		{protocol.Block{Num: 3, More: true, SZX: 4}, "3c", "3/1/256", 256, 768},
		{protocol.Block{Num: 15, More: true, SZX: 6}, "fe", "15/1/1024", 1024, 15360},
		{protocol.Block{Num: 16, More: false, SZX: 6}, "0106", "16/0/1024", 1024, 16384},
		{protocol.Block{Num: 4096, More: true, SZX: 0}, "010008", "4096/1/16", 16, 65536},
		{protocol.Block{Num: protocol.MaxBlockNum, More: true, SZX: 7}, "ffffff", "1048575/1/1024", 1024, 1073740800},
	} {
		if got := hex.EncodeToString(test.block.Value()); got != test.value {
			t.Errorf("%v: value %s, want %s", test.block, got, test.value)
		}
		if test.block.String() != test.text || test.block.Size() != test.size || test.block.Offset() != test.offset {
			t.Errorf("%+v: %s, size %d, offset %d", test.block, test.block, test.block.Size(), test.block.Offset())
		}
		if got, ok := protocol.DecodeBlock(unhex(t, test.value)); !ok || got != test.block {
			t.Errorf("DecodeBlock(%s) = %v, %t", test.value, got, ok)
		}
		o := protocol.Options{}.Add(protocol.Block2, unhex(t, test.value))
		if got, ok := o.Block(protocol.Block2); !ok || got != test.block {
			t.Errorf("Options.Block(%s) = %v, %t", test.value, got, ok)
		}
	}
	if _, ok := (protocol.Options{}).Block(protocol.Block1); ok {
		t.Error("a block option that is not there")
	}
	if b, ok := protocol.DecodeBlock(unhex(t, "01000000")); ok {
		t.Errorf("four bytes are decoded as %v", b)
	}
	for size, want := range map[int]uint8{-1: 0, 0: 0, 16: 0, 31: 0, 32: 1, 63: 1, 64: 2, 128: 3, 256: 4, 512: 5, 1023: 5, 1024: 6, 1 << 20: 6} {
		if got := protocol.SZXFor(size); got != want {
			t.Errorf("SZXFor(%d) = %d, want %d", size, got, want)
		}
	}
}

// RFC 7641 §3.4.
func TestObserveFresher(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const half, last = 1 << 23, 1<<24 - 1
	for _, test := range []struct {
		v1, v2 uint32
		after  time.Duration
		want   bool
	}{
		{1, 2, 0, true},
		{2, 1, 0, false},
		{5, 5, 0, false},
		{0, half - 1, 0, true},
		{0, half, 0, false}, // V2 - V1 must be less than 2^23
		{half, 0, 0, false}, // V1 - V2 must be more than 2^23
		{half + 1, 0, 0, true},
		{last, 0, 0, true}, // wrap
		{0, last, 0, false},
		{last, 5, time.Second, true},
		{5, last, time.Second, false},
		{2, 1, 128 * time.Second, false}, // T2 > T1 + 128 s, not equal
		{2, 1, 128*time.Second + 1, true},
		{5, 5, 128*time.Second + 1, true},
		{1, 2, -time.Second, true},
	} {
		if got := protocol.ObserveFresher(test.v1, start, test.v2, start.Add(test.after)); got != test.want {
			t.Errorf("%d, then %d after %s: %t", test.v1, test.v2, test.after, got)
		}
	}
}

func TestOptionsEditing(t *testing.T) {
	var o protocol.Options
	o = o.Add(protocol.URIPath, []byte("a")).Add(protocol.URIHost, []byte("h")).Add(protocol.URIPath, []byte("b")).AddUint(protocol.Accept, 50)
	show := func(o protocol.Options) (s string) {
		for _, opt := range o {
			s += opt.Number.String() + "=" + string(opt.Value) + " "
		}
		return s
	}
	if got := show(o); got != "Uri-Host=h Uri-Path=a Uri-Path=b Accept=2 " {
		t.Errorf("options %s", got)
	}
	set := o.SetUint(protocol.Accept, 0).Set(protocol.URIPath, []byte("c"))
	if got := show(set); got != "Uri-Host=h Uri-Path=c Accept= " {
		t.Errorf("after Set: %s", got)
	}
	if got := show(o); got != "Uri-Host=h Uri-Path=a Uri-Path=b Accept=2 " {
		t.Errorf("Set changed the original: %s", got)
	}
	if got := o.Strings(protocol.URIPath); len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("Strings = %q", got)
	}
	if o.Strings(protocol.URIQuery) != nil || o.Has(protocol.URIQuery) || !o.Has(protocol.URIHost) {
		t.Error("Has or Strings")
	}
	for v := range o.All(protocol.URIPath) {
		if string(v) != "a" {
			t.Errorf("All starts with %q", v)
		}
		break
	}
	if v, ok := o.Uint(protocol.Accept); !ok || v != 50 {
		t.Errorf("Uint = %d, %t", v, ok)
	}
	if _, ok := o.Uint(protocol.MaxAge); ok {
		t.Error("Uint of nothing")
	}
	if _, ok := o.Set(protocol.MaxAge, make([]byte, 9)).Set(protocol.MaxAge, unhex(t, "0100000000")).Uint(protocol.MaxAge); ok {
		t.Error("33 bits fit 32")
	}
	c := o.Clone()
	c[0].Value[0] = 'x'
	if string(o[0].Value) != "h" {
		t.Error("Clone shares memory")
	}
	if protocol.Options(nil).Clone() != nil {
		t.Error("Clone of nil")
	}
}

func TestMessageAccessors(t *testing.T) {
	m := protocol.Message{
		Type: protocol.Confirmable, Code: protocol.GET, MessageID: 0x7d34, Token: protocol.TokenOf([]byte{0xa1, 0xf3}),
		Options: protocol.Options{}.Add(protocol.URIPath, []byte("a b")).Add(protocol.URIPath, []byte("c/d")).AddUint(protocol.ContentFormatOption, 50),
		Payload: []byte("x"),
	}
	if m.String() != "CON GET 7d34 a1f3" || m.Path() != "/a%20b/c%2Fd" || m.IsEmpty() {
		t.Errorf("%s, path %s", m, m.Path())
	}
	if f, ok := m.ContentFormat(); !ok || f != protocol.JSON {
		t.Errorf("ContentFormat = %v, %t", f, ok)
	}
	c := m.Clone()
	c.Payload[0], c.Options[0].Value[0] = 'y', 'y'
	if string(m.Payload) != "x" || m.Path() != "/a%20b/c%2Fd" {
		t.Error("Clone shares memory")
	}
	m.Options = m.Options.SetUint(protocol.ContentFormatOption, 65536)
	if f, ok := m.ContentFormat(); ok {
		t.Errorf("ContentFormat of three bytes = %v", f)
	}
	ping := protocol.Message{MessageID: 1}
	if _, ok := ping.ContentFormat(); ok || !ping.IsEmpty() || ping.String() != "CON 0.00 0001" || ping.Path() != "/" {
		t.Errorf("ping: %s", ping)
	}
}

func TestParseCode(t *testing.T) {
	for i := range 256 {
		if c, err := protocol.ParseCode(protocol.Code(i).Dotted()); err != nil || c != protocol.Code(i) {
			t.Errorf("%s: %v, %v", protocol.Code(i).Dotted(), c, err)
		}
	}
	for _, text := range []string{"", "2", "2.5", "2.005", "8.00", "2.32", "-1.00", "2.05 Content", "205", ".05", "2."} {
		if c, err := protocol.ParseCode(text); err == nil {
			t.Errorf("%q is read as %v", text, c)
		}
	}
}
