package draft_test

import (
	"bytes"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

var base = protocol.URI{Scheme: protocol.CoAP, Host: "192.0.2.7", Port: 61616, Path: []string{"old"}, Query: []string{"q"}}

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		text string
		base protocol.URI
		want string // as a URI; a word of the error behind "!"
	}{
		{"coap://192.0.2.1/sensors/temp?u=C", protocol.URI{}, "coap://192.0.2.1/sensors/temp?u=C"},
		{"  coap://192.0.2.1:61616/a  ", protocol.URI{}, "coap://192.0.2.1:61616/a"},
		{"192.0.2.1", protocol.URI{}, "coap://192.0.2.1/"},
		{"192.0.2.1:7000/a/b", protocol.URI{}, "coap://192.0.2.1:7000/a/b"},
		{"node.example?x=1", protocol.URI{}, "coap://node.example/?x=1"},
		{"2001:db8::1/a", protocol.URI{}, "coap://[2001:db8::1]/a"},
		{"[2001:db8::1]:7000/a", protocol.URI{}, "coap://[2001:db8::1]:7000/a"},
		{"fe80::1%eth0", protocol.URI{}, "coap://[fe80::1%25eth0]/"},
		{"/a/b?c", base, "coap://192.0.2.7:61616/a/b?c"},
		{"?c", base, "coap://192.0.2.7:61616/?c"},
		{"/", base, "coap://192.0.2.7:61616/"},
		{"", base, "!address"},
		{"/a", protocol.URI{}, "!host"},
		{"http://192.0.2.1/", protocol.URI{}, "!scheme"},
		{"192.0.2.1:99999/", protocol.URI{}, "!port"},
	} {
		u, err := draft.ParseAddress(c.text, c.base)
		if word, bad := strings.CutPrefix(c.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%q: got %v, %v; want an error with %q", c.text, u, err, word)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if want, err := protocol.ParseURI(c.want); err != nil || u.String() != want.String() {
			t.Errorf("%q: got %v, want %v, %v", c.text, u, want, err)
		}
	}
}

// What OptionText shows of a value, EncodeOption reads back.
func TestOptionTextRoundTrip(t *testing.T) {
	for _, c := range []struct {
		number protocol.OptionNumber
		text   string
		value  []byte
	}{
		{protocol.URIPath, "temp", []byte("temp")},
		{protocol.URIPath, "größe", []byte("größe")},
		{protocol.URIPort, "5683", []byte{0x16, 0x33}},
		{protocol.MaxAge, "0", nil},
		{protocol.MaxAge, "60", []byte{60}},
		{protocol.ContentFormatOption, "60", []byte{60}},
		{protocol.Accept, "0", nil},
		{protocol.ETag, "0x0102ff", []byte{1, 2, 0xff}},
		{protocol.IfNoneMatch, "", nil},
		{protocol.Block2, "3/0/256", []byte{0x34}},
		{protocol.Block1, "0/1/1024", []byte{0x0e}},
		{protocol.Size1, "100000", []byte{1, 0x86, 0xa0}},
		{65001, "0xc0ffee", []byte{0xc0, 0xff, 0xee}}, // experimental: no row in the registry
		{65001, "", nil},
	} {
		value, err := draft.EncodeOption(c.number, c.text)
		if err != nil || !bytes.Equal(value, c.value) {
			t.Errorf("%v %q: got %x, %v; want %x", c.number, c.text, value, err, c.value)
		}
		if text := draft.OptionText(protocol.Option{Number: c.number, Value: c.value}); text != c.text {
			t.Errorf("%v %x: got %q, want %q", c.number, c.value, text, c.text)
		}
	}
}

func TestEncodeOptionForPeople(t *testing.T) {
	for _, c := range []struct {
		number protocol.OptionNumber
		text   string
		value  []byte
		bad    string
	}{
		{number: protocol.Accept, text: "application/cbor", value: []byte{60}},
		{number: protocol.Accept, text: "60 application/cbor", value: []byte{60}},
		{number: protocol.ContentFormatOption, text: "TEXT/plain; charset=utf-8", value: nil},
		{number: protocol.Accept, text: "application/nonsense", bad: "media type"},
		{number: protocol.Accept, text: "65536", bad: "content-format"},
		{number: protocol.MaxAge, text: "0x3c", value: []byte{60}},
		{number: protocol.MaxAge, text: "soon", bad: "number"},
		{number: protocol.ETag, text: "abc", value: []byte("abc")},
		{number: protocol.ETag, text: "0x010203040506070809", bad: "1 to 8"},
		{number: protocol.ETag, text: "0xzz", bad: "ETag: byte 0"},
		{number: protocol.IfNoneMatch, text: "x", bad: "no value"},
		{number: protocol.Block2, text: "0/2/256", bad: "RFC 7959"},
		{number: protocol.Block2, text: "0/0/100", bad: "RFC 7959"},
		{number: protocol.URIPath, text: strings.Repeat("x", 256), bad: "255"},
	} {
		value, err := draft.EncodeOption(c.number, c.text)
		if c.bad != "" {
			if err == nil || !strings.Contains(err.Error(), c.bad) {
				t.Errorf("%v %q: got %x, %v; want an error with %q", c.number, c.text, value, err, c.bad)
			}
		} else if err != nil || !bytes.Equal(value, c.value) {
			t.Errorf("%v %q: got %x, %v; want %x", c.number, c.text, value, err, c.value)
		}
	}
}

func TestDraftMessage(t *testing.T) {
	d := draft.Draft{
		Method: protocol.PUT, Address: "/a/b?c=1", Type: protocol.NonConfirmable,
		Options: []draft.Option{{Number: protocol.Accept, Text: "application/json"}, {Number: protocol.IfNoneMatch}},
		Payload: `{1: [2, "x"]}`, Form: draft.Diagnostic,
	}
	b := d.Build(base, nil)
	uri, m := b.URI, b.Request.Message
	if len(b.Problems) != 0 {
		t.Fatal(b.Problems)
	}
	if uri.String() != "coap://192.0.2.7:61616/a/b?c=1" || m.Path() != "/a/b" || m.Type != protocol.NonConfirmable || m.Code != protocol.PUT {
		t.Errorf("got %v, %v", uri, m)
	}
	if q := m.Options.Strings(protocol.URIQuery); len(q) != 1 || q[0] != "c=1" {
		t.Errorf("query %q", q)
	}
	if v, ok := m.Options.Uint(protocol.Accept); !ok || v != 50 || !m.Options.Has(protocol.IfNoneMatch) {
		t.Errorf("options %v", m.Options)
	}
	if want := []byte{0xa1, 0x01, 0x82, 0x02, 0x61, 'x'}; !bytes.Equal(m.Payload, want) {
		t.Errorf("payload %x, want %x", m.Payload, want)
	}
}

func TestDraftProblems(t *testing.T) {
	for _, c := range []struct {
		name  string
		draft draft.Draft
		want  draft.Problem // with a word of its text
	}{
		{"no address", draft.Draft{}, draft.Problem{Where: "address", Option: -1, Text: "address"}},
		{"path of no device", draft.Draft{Address: "/x"}, draft.Problem{Where: "address", Option: -1, Text: "host"}},
		{"other scheme", draft.Draft{Address: "coaps://192.0.2.1/"}, draft.Problem{Where: "address", Option: -1, Text: "coaps"}},
		{"host for a group", draft.Draft{Address: "192.0.2.1/x", Group: "lights"}, draft.Problem{Where: "address", Option: -1, Text: "a path only, such as /x"}},
		{"observing a group", draft.Draft{Address: "coap://[ff02::fd]/x", Options: []draft.Option{{Number: protocol.Observe, Text: "0"}}}, draft.Problem{Where: "option", Option: 0, Text: "each of its members"}},
		{"a body for a group", draft.Draft{Address: "coap://[ff02::fd]/x", Payload: strings.Repeat("x", draft.MaxGroupPayload+1)}, draft.Problem{Where: "payload", Option: -1, Text: "1025 bytes are too many"}},
		{"option", draft.Draft{Address: "192.0.2.1", Options: []draft.Option{{Number: protocol.Accept, Text: "0"}, {Number: protocol.MaxAge, Text: "x"}}}, draft.Problem{Where: "option", Option: 1, Text: "number"}},
		{"diagnostic", draft.Draft{Address: "192.0.2.1", Form: draft.Diagnostic, Payload: "{1: "}, draft.Problem{Where: "payload", Option: -1, Text: ""}},
		{"hex", draft.Draft{Address: "192.0.2.1", Form: draft.Hex, Payload: "abc"}, draft.Problem{Where: "payload", Option: -1, Text: ""}},
		{"no file", draft.Draft{Address: "192.0.2.1", Form: draft.File, Payload: " "}, draft.Problem{Where: "payload", Option: -1, Text: "file"}},
	} {
		c.draft.Method = protocol.GET
		problems := c.draft.Build(protocol.URI{}, nil).Problems
		if len(problems) != 1 {
			t.Errorf("%s: got %v, want one problem", c.name, problems)
			continue
		}
		if got := problems[0]; got.Where != c.want.Where || got.Option != c.want.Option || !strings.Contains(got.Text, c.want.Text) || got.Text == "" {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}
