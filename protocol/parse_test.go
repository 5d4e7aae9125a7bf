package protocol_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"coapscope/protocol"
)

func TestParseErrors(t *testing.T) {
	const (
		header, token = protocol.PartHeader, protocol.PartToken
		options, load = protocol.PartOptions, protocol.PartPayload
	)
	for _, test := range []struct {
		hex     string
		offset  int
		part    protocol.Part
		section string
		ignored bool
	}{
		{"", 0, header, "RFC 7252 §3", true},
		{"40", 1, header, "RFC 7252 §3", true},
		{"4001 12", 3, header, "RFC 7252 §3", true},
		{"0001 1234", 0, header, "RFC 7252 §3", true}, // version 0
		{"8001 1234", 0, header, "RFC 7252 §3", true}, // version 2
		{"c001 1234", 0, header, "RFC 7252 §3", true}, // version 3
		{"c0", 1, header, "RFC 7252 §3", true},

		{"4901 1234 010203040506070809", 0, header, "RFC 7252 §3", false},
		{"4c01 1234 0102030405060708090a0b0c", 0, header, "RFC 7252 §3", false},
		{"4f01 1234 0102030405060708090a0b0c0d0e0f", 0, header, "RFC 8974 §2.1", false},
		{"4d01 1234", 4, token, "RFC 8974 §2.1", false},
		{"4e01 1234", 4, token, "RFC 8974 §2.1", false},
		{"4e01 1234 00", 5, token, "RFC 8974 §2.1", false},
		{"4d01 1234 00 0102030405060708090a0b0c", 17, token, "RFC 7252 §3", false}, // 12 of 13
		{"4e01 1234 ffff 00", 7, token, "RFC 7252 §3", false},
		{"4201 1234 01", 5, token, "RFC 7252 §3", false},
		{"4801 1234 01020304050607", 11, token, "RFC 7252 §3", false},

		{"4000 1234 00", 4, token, "RFC 7252 §4.1", false},
		{"4000 1234 ff", 4, token, "RFC 7252 §4.1", false},
		{"4100 1234 01", 4, token, "RFC 7252 §4.1", false},
		{"4100 1234", 4, token, "RFC 7252 §3", false},
		{"7000 1234 b1 61", 4, token, "RFC 7252 §4.1", false},

		{"4001 1234 ff", 4, load, "RFC 7252 §3", false},
		{"4001 1234 b1 61 ff", 6, load, "RFC 7252 §3", false},
		{"4101 1234 01 ff", 5, load, "RFC 7252 §3", false},

		{"4001 1234 f0", 4, options, "RFC 7252 §3.1", false},
		{"4001 1234 b1 61 fe 00", 6, options, "RFC 7252 §3.1", false},
		{"4001 1234 0f", 4, options, "RFC 7252 §3.1", false},
		{"4001 1234 df 00", 4, options, "RFC 7252 §3.1", false},
		{"4001 1234 d0", 5, options, "RFC 7252 §3.1", false},
		{"4001 1234 e0", 5, options, "RFC 7252 §3.1", false},
		{"4001 1234 e0 00", 6, options, "RFC 7252 §3.1", false},
		{"4001 1234 0d", 5, options, "RFC 7252 §3.1", false},
		{"4001 1234 0e", 5, options, "RFC 7252 §3.1", false},
		{"4001 1234 0e 00", 6, options, "RFC 7252 §3.1", false},
		{"4001 1234 dd 00", 6, options, "RFC 7252 §3.1", false},
		{"4001 1234 b2 61", 6, options, "RFC 7252 §3.1", false},
		{"4001 1234 01", 5, options, "RFC 7252 §3.1", false},
		{"4001 1234 bd 00 0102030405060708090a0b0c", 18, options, "RFC 7252 §3.1", false},
		{"4001 1234 be ffff 00", 8, options, "RFC 7252 §3.1", false},
		{"4001 1234 e0 fef3", 4, options, "RFC 7252 §12.2", false},    // 65536
		{"4001 1234 e0 fef2 10", 7, options, "RFC 7252 §12.2", false}, // 65535 + 1
	} {
		b := unhex(t, test.hex)
		m, err := protocol.Parse(b)
		var e *protocol.ParseError
		if !errors.As(err, &e) {
			t.Errorf("%s: parsed as %v, error %v", test.hex, m, err)
			continue
		}
		if e.Offset != test.offset || e.Part != test.part || e.Section != test.section || e.Ignored != test.ignored {
			t.Errorf("%s: %v, ignored %t; want offset %d, %s, %s, ignored %t", test.hex, e, e.Ignored, test.offset, test.part, test.section, test.ignored)
		}
		if e.Reason == "" || !strings.Contains(e.Error(), e.Reason) || !strings.Contains(e.Error(), e.Section) || !strings.Contains(e.Error(), e.Part.String()) {
			t.Errorf("%s: the text %q does not say what and where", test.hex, e)
		}
		_, _, ok := protocol.Header(b)
		if ok == e.Ignored {
			t.Errorf("%s: Header is %t, though ignored is %t", test.hex, ok, e.Ignored)
		}
	}
}

// A message that is wrong further on keeps what was read before.
func TestParseKeepsWhatItRead(t *testing.T) {
	m, err := protocol.Parse(unhex(t, "5245 beef aabb 61 31 f0"))
	if err == nil {
		t.Fatal("no error")
	}
	want := protocol.Message{
		Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: 0xbeef, Token: protocol.TokenOf([]byte{0xaa, 0xbb}),
		Options: protocol.Options{{protocol.Observe, []byte{0x31}}},
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got %+v, want %+v", m, want)
	}
}

func TestHeader(t *testing.T) {
	typ, id, ok := protocol.Header(unhex(t, "7fff abcd ff"))
	if typ != protocol.Reset || id != 0xabcd || !ok {
		t.Errorf("Header = %v, %v, %t", typ, id, ok)
	}
}

// The messages of RFC 7252 Appendix A.
var examples = []struct {
	name    string
	hex     string
	message protocol.Message
}{
	{
		"figure 16, request", "4001 7d34 bb 74656d7065726174757265",
		protocol.Message{Code: protocol.GET, MessageID: 0x7d34, Options: protocol.Options{{protocol.URIPath, []byte("temperature")}}},
	},
	{
		"figure 16, response", "6045 7d34 ff 32322e332043",
		protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: 0x7d34, Payload: []byte("22.3 C")},
	},
	{
		"figure 17, request", "4101 7d35 20 bb 74656d7065726174757265",
		protocol.Message{
			Code: protocol.GET, MessageID: 0x7d35, Token: protocol.TokenOf([]byte{0x20}),
			Options: protocol.Options{{protocol.URIPath, []byte("temperature")}},
		},
	},
	{
		"figure 17, response", "6145 7d35 20 ff 32322e332043",
		protocol.Message{
			Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: 0x7d35, Token: protocol.TokenOf([]byte{0x20}), Payload: []byte("22.3 C"),
		},
	},
	{"figure 20, ACK", "6000 7d38", protocol.Message{Type: protocol.Acknowledgement, MessageID: 0x7d38}},
	{
		"figure 20, separate response", "4145 ad7b 53 ff 32322e332043",
		protocol.Message{Code: protocol.Content, MessageID: 0xad7b, Token: protocol.TokenOf([]byte{0x53}), Payload: []byte("22.3 C")},
	},
	{"figure 21, RST", "7000 ad7c", protocol.Message{Type: protocol.Reset, MessageID: 0xad7c}},
	{
		"figure 22, request", "5101 7d40 75 bb 74656d7065726174757265",
		protocol.Message{
			Type: protocol.NonConfirmable, Code: protocol.GET, MessageID: 0x7d40, Token: protocol.TokenOf([]byte{0x75}),
			Options: protocol.Options{{protocol.URIPath, []byte("temperature")}},
		},
	},
	{
		"figure 23, not found", "5184 952a 86",
		protocol.Message{Type: protocol.NonConfirmable, Code: protocol.NotFound, MessageID: 0x952a, Token: protocol.TokenOf([]byte{0x86})},
	},
}

func TestExamples(t *testing.T) {
	for _, example := range examples {
		b := unhex(t, example.hex)
		m, err := protocol.Parse(b)
		if err != nil {
			t.Errorf("%s: %v", example.name, err)
			continue
		}
		if len(m.Options) == 0 {
			m.Options = nil
		}
		if !reflect.DeepEqual(m, example.message) {
			t.Errorf("%s: %+v, want %+v", example.name, m, example.message)
		}
		if got, err := example.message.Append(nil); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: encoded as %x (%v), want %x", example.name, got, err, b)
		}
	}
}

// What is odd but has a format is accepted and given back as it came.
func TestParseLossless(t *testing.T) {
	for name, hex := range map[string]string{
		"reserved class 1":              "4021 0001",
		"reserved class 6 with payload": "50df 0001 ff 00",
		"signalling on UDP":             "40e1 0001 24 00000480",
		"unknown method":                "401f 0001",
		"option 0":                      "4001 0001 00 01 61",
		"Content-Format of five bytes":  "4001 0001 c5 0000000032",
		"If-None-Match with a value":    "4001 0001 51 00",
		"repeated Uri-Host":             "4001 0001 30 01 61 01 61",
		"unknown critical option":       "4001 0001 e1 fef2 07",
		"uint with leading zeros":       "4001 0001 d4 01 0000003c",
		"payload of 0xff":               "4001 0001 ff ff",
		"payload like options":          "4001 0001 ff f0 f0",
		"ACK with a request code":       "6001 0001",
		"token of 13":                   "4d01 0001 00 0102030405060708090a0b0c0d",
		"ping":                          "4000 0001",
		"NON Empty":                     "5000 0001",
	} {
		b := unhex(t, hex)
		m, err := protocol.Parse(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := m.Append(nil); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: %x is given back as %x (%v)", name, b, got, err)
		}
	}
}

func TestParseExtended(t *testing.T) {
	for n := 9; n <= 12; n++ {
		b := append([]byte{0x40 | byte(n), 1, 0, 1}, bytes.Repeat([]byte{7}, n)...)
		var m protocol.Message
		if err := m.ParseExtended(b); err != nil || m.Token != protocol.TokenOf(bytes.Repeat([]byte{7}, n)) {
			t.Errorf("token of %d: %v, %v", n, m.Token, err)
		}
		if got, err := m.Append(nil); err != nil || !bytes.Equal(got, b) {
			t.Errorf("token of %d is given back as %x (%v)", n, got, err)
		}
		if err := m.Parse(b); err == nil {
			t.Errorf("Parse accepts token length %d", n)
		}
	}
	var m protocol.Message
	if err := m.ParseExtended(unhex(t, "4f01 0001")); err == nil {
		t.Error("ParseExtended accepts token length 15")
	}
}

// What Parse gives must not let an append write over the datagram.
func TestParseLimitsCapacity(t *testing.T) {
	b := append(unhex(t, "4001 0001 b1 61 11 62 ff 63"), "after"...)
	m, err := protocol.Parse(b[:10])
	if err != nil {
		t.Fatal(err)
	}
	_ = append(m.Options[0].Value, 'x')
	_ = append(m.Payload, 'x')
	if !bytes.Equal(b, append(unhex(t, "4001 0001 b1 61 11 62 ff 63"), "after"...)) {
		t.Errorf("the datagram became %x", b)
	}
}

func TestParseReusesMemory(t *testing.T) {
	var m protocol.Message
	if err := m.Parse(sixOptions); err != nil {
		t.Fatal(err)
	}
	small := unhex(t, "5001 0001 c0")
	if n := testing.AllocsPerRun(100, func() {
		if m.Parse(sixOptions) != nil || m.Parse(small) != nil {
			t.Fail()
		}
	}); n != 0 {
		t.Errorf("Parse into used memory allocates %v times", n)
	}
	if m.Code != protocol.GET || m.Token.Len() != 0 || len(m.Options) != 1 || m.Payload != nil {
		t.Errorf("left over: %+v", m)
	}
	buffer := make([]byte, 0, 100)
	if err := m.Parse(sixOptions); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := m.Append(buffer); err != nil {
			t.Fail()
		}
	}); n != 0 {
		t.Errorf("Append into a buffer allocates %v times", n)
	}
}
