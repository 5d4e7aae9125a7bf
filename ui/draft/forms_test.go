package draft_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/ui/draft"
)

func TestPayloadForms(t *testing.T) {
	const senml = `[{"bn": "n/", "n": "t", "u": "Cel", "v": 21.5}, {"n": "x", "vd": "AQI"}]`
	for _, c := range []struct {
		form   draft.Form
		text   string
		format int
		want   string // hex; behind "!" offset and a word of the error
	}{
		{draft.Text, "ö ", -1, "c3b620"},
		{draft.JSON, ` {"a": [1, 2.0]} `, -1, hex.EncodeToString([]byte(` {"a": [1, 2.0]} `))},
		{draft.JSON, `{"a": 21,5}`, 50, "!9 looking"},
		{draft.JSON, `{"a": 1} x`, 50, "!9 follows"},
		{draft.JSON, `{"a": `, 50, "!6 too early"},
		{draft.Diagnostic, `{1: h'00'}`, -1, "a1014100"},
		{draft.Diagnostic, `{1: `, -1, "!4 item"},
		{draft.SenML, senml, 110, hex.EncodeToString([]byte(senml))},
		// RFC 8428 §6 table 4: bn -2, n 0, u 1, v 2, vd 8 as bytes.
		{draft.SenML, senml, 112, "82a421626e2f00617401634365" + "6c02f94d60" + "a2006178084201" + "02"},
		{draft.SenML, `{"n": "t"}`, 110, "!0 array"},
		{draft.SenML, ` [1]`, 110, "!1 array"},
		{draft.SenML, `[{"vd": "*"}]`, 112, "!8 base64url"},
		{draft.Hex, "a1 61:74", -1, "a16174"},
		{draft.Hex, "a1 6", -1, "!3 missing"},
		{draft.Base64, "oWF0", -1, "a16174"},
		{draft.Base64, "_-8=", -1, "ffef"},
		{draft.Base64, "oW F*", -1, "!4 no digit"},
		{draft.Base64, "oWF0o", -1, "!5 missing"},
		{draft.File, "/tmp/x.bin", -1, ""},
		{draft.File, " ", -1, "!-1 name a file"},
	} {
		got, err := draft.EncodePayload(c.form, c.text, c.format)
		if want, bad := strings.CutPrefix(c.want, "!"); bad {
			var offset int
			var word string
			fmt.Sscanf(want, "%d", &offset)
			_, word, _ = strings.Cut(want, " ")
			var syntax *payload.SyntaxError
			at := -1
			if errors.As(err, &syntax) {
				at = syntax.Offset
			}
			if err == nil || at != offset || !strings.Contains(err.Error(), word) {
				t.Errorf("%s %q: got %x, %v at %d; want %q at %d", c.form, c.text, got, err, at, word, offset)
			}
		} else if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%s %q: got %x, %v; want %s", c.form, c.text, got, err, c.want)
		}
	}
}

// The Content-Format follows the form, until the user chooses another.
func TestContentFormatFollows(t *testing.T) {
	var d draft.Draft
	format := func() string {
		if i := d.Option(protocol.ContentFormatOption); i >= 0 {
			return d.Options[i].Text
		}
		return "none"
	}
	for _, c := range []struct {
		form draft.Form
		want string
	}{
		{draft.JSON, "50 application/json"},
		{draft.Diagnostic, "60 application/cbor"},
		{draft.SenML, "110 application/senml+json"},
		{draft.Hex, "none"},
		{draft.File, "none"},
	} {
		if d.SetForm(c.form); format() != c.want {
			t.Errorf("%s: Content-Format %s, want %s", c.form, format(), c.want)
		}
	}
	if d.SetPayload("/x/a.cbor"); format() != "60 application/cbor" {
		t.Errorf("a file of CBOR has %s", format())
	}
	d.SetOption(protocol.ContentFormatOption, "42")
	if d.SetForm(draft.JSON); format() != "42" {
		t.Errorf("what the user chose became %s", format())
	}
}

func TestVariables(t *testing.T) {
	values := map[string]string{"host": "192.0.2.1", "path": "a/b", "loop": "{{loop}}", "deep": "{{host}}!", "n": "7"}
	lookup := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	for text, want := range map[string]string{
		"":                    "",
		"no variable {x}":     "no variable {x}",
		"{{host}}/{{ path }}": "192.0.2.1/a/b",
		"{{deep}}":            "192.0.2.1!",
		`{{"json": 1}}`:       `{{"json": 1}}`,
		"{{{n}}}":             "{7}",
		"x {{missing}}":       "!missing 2",
		"{{loop}}":            "!loop 0",
		"{{unended":           "{{unended",
	} {
		got, err := draft.Expand(text, lookup)
		var variable *draft.VariableError
		if errors.As(err, &variable) {
			got = fmt.Sprintf("!%s %d", variable.Name, variable.Offset)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	d := draft.Draft{
		Method: protocol.PUT, Address: "coap://{{host}}/{{path}}?n={{n}}", Options: []draft.Option{{Number: protocol.MaxAge, Text: "{{n}}"}},
		Payload: "{{n}} {{host}}", Settings: draft.Settings{Token: "0{{n}}"},
	}
	b := d.Build(protocol.URI{}, lookup)
	m := b.Request.Message
	age, _ := m.Options.Uint(protocol.MaxAge)
	if len(b.Problems) > 0 || b.URI.String() != "coap://192.0.2.1/a/b?n=7" || age != 7 || string(m.Payload) != "7 192.0.2.1" || m.Token.String() != "07" {
		t.Errorf("got %+v", b)
	}
	if got := draft.Variables(d.Address); fmt.Sprint(got) != "[host path n]" {
		t.Errorf("variables of the address: %q", got)
	}
}

func TestSettings(t *testing.T) {
	build := func(s draft.Settings) (session.Request, []draft.Problem) {
		d := draft.Draft{Method: protocol.GET, Address: "192.0.2.1/x", Settings: s}
		b := d.Build(protocol.URI{}, nil)
		return b.Request, b.Problems
	}
	r, problems := build(draft.Settings{
		Token: "sequential 6", MessageID: "0x7d34", AckTimeout: "1500ms", AckRandomFactor: "1.25", MaxRetransmit: "2", Timeout: "30",
		BlockSize: 64, RequestTag: "0xa1b2", EchoByHand: true, Cache: "fresh", Again: "3", Impatient: true, QBlock: true,
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := protocol.DefaultTransmission()
	want.AckTimeout, want.AckRandomFactor, want.MaxRetransmit = 1500*time.Millisecond, 1.25, 2
	if r.Transmission == nil || *r.Transmission != want || r.Timeout != 30*time.Second || !r.FixedMessageID || r.Message.MessageID != 0x7d34 ||
		r.Identifiers == nil || r.Identifiers.Tokens != exchange.SequentialTokens || r.Identifiers.TokenLength != 6 || r.BlockSize != 64 ||
		hex.EncodeToString(r.RequestTag) != "a1b2" || r.Echo != session.EchoByHand || r.Cache != session.UseFresh || r.Again != 3 || !r.Impatient || !r.QBlock {
		t.Errorf("got %+v", r)
	}
	if r, _ := build(draft.Settings{}); r.Transmission != nil || r.Identifiers != nil || r.FixedToken || r.FixedMessageID {
		t.Errorf("nothing is set, and the request has %+v", r)
	}
	if r, problems := build(draft.Settings{Token: "empty", MessageID: "random"}); len(problems) > 0 || !r.FixedToken || r.Message.Token.Len() != 0 || r.Identifiers.MessageIDs != exchange.RandomMessageIDs {
		t.Errorf("got %+v, %v", r, problems)
	}
	for field, s := range map[draft.Field]draft.Settings{
		draft.TokenField: {Token: "abc"}, draft.MessageIDField: {MessageID: "65536"}, draft.AckTimeoutField: {AckTimeout: "-1s"},
		draft.RandomField: {AckRandomFactor: "0.5"}, draft.RetransmitField: {MaxRetransmit: "17"}, draft.NStartField: {NStart: "0"},
		draft.ProbingField: {ProbingRate: "fast"}, draft.TimeoutField: {Timeout: "soon"}, draft.RequestTagField: {RequestTag: "010203040506070809"},
		draft.AgainField: {Again: "x"}, draft.CacheField: {Cache: "x"}, draft.ProxyField: {Proxy: "coap://["},
	} {
		if _, problems := build(s); len(problems) != 1 || problems[0].Where != field || problems[0].Text == "" {
			t.Errorf("%s: got %v", field, problems)
		}
	}
}

func TestProxy(t *testing.T) {
	d := draft.Draft{Method: protocol.GET, Address: "coap://node.example/a?b", Settings: draft.Settings{Proxy: "192.0.2.9:7000"}}
	b := d.Build(protocol.URI{}, nil)
	if v, ok := b.Request.Message.Options.First(protocol.ProxyURI); len(b.Problems) > 0 || !ok || string(v) != "coap://node.example/a?b" || b.Destination.Host != "192.0.2.9" || b.Destination.Port != 7000 || len(b.Request.Message.Options) != 1 {
		t.Errorf("by Proxy-Uri: %+v", b)
	}
	d.ProxyInParts = true
	b = d.Build(protocol.URI{}, nil)
	if o := b.Request.Message.Options; len(b.Problems) > 0 || len(b.Own) != len(o) || strings.Join(o.Strings(protocol.URIHost), "") != "node.example" || strings.Join(o.Strings(protocol.ProxyScheme), "") != "coap" || !o.Has(protocol.URIPort) {
		t.Errorf("by Proxy-Scheme: %+v", b)
	}
}

// A Uri-Host that the user writes takes the place of that which the address makes.
func TestOwnHost(t *testing.T) {
	d := draft.Draft{Method: protocol.GET, Address: "coap://node.example/a", Options: []draft.Option{{Number: protocol.URIHost, Text: "other.example"}, {Number: protocol.URIPath, Text: "b"}, {Number: protocol.Accept, Text: "x", Off: true}}}
	b := d.Build(protocol.URI{}, nil)
	if o := b.Request.Message.Options; len(b.Problems) > 0 || fmt.Sprint(o.Strings(protocol.URIHost), o.Strings(protocol.URIPath)) != "[other.example] [a b]" || fmt.Sprint(b.Own) != "[0 -1 1]" || b.Destination.Host != "node.example" {
		t.Errorf("got %+v", b)
	}
}

func TestRaw(t *testing.T) {
	d := draft.Draft{Method: protocol.GET, Address: "192.0.2.1", Raw: "40 01 7d34"}
	if b := d.Build(protocol.URI{}, nil); len(b.Problems) > 0 || hex.EncodeToString(b.Raw) != "40017d34" {
		t.Errorf("got %+v", b)
	}
	d.Raw = "40 0"
	if b := d.Build(protocol.URI{}, nil); len(b.Problems) != 1 || b.Problems[0].Where != draft.RawField || b.Problems[0].Offset != 3 {
		t.Errorf("got %+v", b.Problems)
	}
}

func TestOptionsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"accept": "Accept", "11": "Uri-Path", "if-m": "If-Match", "ifm": "If-Match", "block2": "Block2", "65001": "65001", "etag": "ETag",
	} {
		if got := draft.OptionsNamed(text); len(got) == 0 || got[0].String() != want {
			t.Errorf("%q: got %v, want %s first", text, got, want)
		}
	}
	if got := draft.OptionsNamed("zzz"); len(got) != 0 {
		t.Errorf("nothing is named zzz, got %v", got)
	}
}
