package snippet_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/ui/draft"
)

// sample is a request that is written. Its address has HOST for the host and port of the recorder.
type sample struct {
	name string
	draft.Draft
	note string // what a comment of coap-client's line says
	not  string // why there is none
}

func get(path string, options ...draft.Option) draft.Draft {
	return draft.Draft{Method: protocol.GET, Address: "coap://HOST" + path, Options: options}
}

func with(d draft.Draft, change func(*draft.Draft)) draft.Draft {
	change(&d)
	return d
}

func put(form draft.Form, payload string, options ...draft.Option) draft.Draft {
	d := get("/store/x", options...)
	d.Method, d.Form, d.Payload = protocol.PUT, form, payload
	return d
}

func opt(n protocol.OptionNumber, text string) draft.Option {
	return draft.Option{Number: n, Text: text}
}

// bytesOf gives hex digits of n bytes of all values.
func bytesOf(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i/256)
	}
	return hex.EncodeToString(b)
}

// samples are requests with everything that one can have.
func samples() []sample {
	method := func(m protocol.Code, payload string) sample {
		d := get("/m")
		d.Method, d.Payload = m, payload
		return sample{name: m.String(), Draft: d}
	}
	long := strings.Repeat("segment/", 30) + "end"
	return []sample{
		{name: "root", Draft: get("")},
		{name: "slash", Draft: get("/")},
		{name: "path and query", Draft: get("/a/b?x=1&y=2")},
		method(protocol.GET, "a body"), method(protocol.POST, "p"), method(protocol.PUT, "p"), method(protocol.DELETE, ""),
		method(protocol.FETCH, "{}"), method(protocol.PATCH, "p"), method(protocol.IPATCH, "p"),
		{name: "0.08", Draft: with(get("/a"), func(d *draft.Draft) { d.Method = 8 }), not: "no name for the method"},
		{name: "0.31", Draft: with(get("/a"), func(d *draft.Draft) { d.Method = 31 }), not: "no name for the method"},
		{name: "NON", Draft: with(get("/a"), func(d *draft.Draft) { d.Type = protocol.NonConfirmable })},
		{name: "special characters", Draft: get("/a:@!$&'()*+,;=b~._-?q=!$'()*+,;:@/?x")},
		{name: "percent-encoding", Draft: get("/a%2Fb/%E2%82%AC%20x/%00%FF?q=%26&r=a%20b%23")},
		{name: "dots", Draft: get("/a/%2E/%2E%2E/b")},
		{name: "empty segments", Draft: get("/a//b/")},
		{name: "two empty segments", Draft: get("//")},
		{name: "one empty segment", Draft: get("", opt(protocol.URIPath, ""))},
		{name: "an empty argument", Draft: get("/a?")},
		{name: "empty arguments", Draft: get("/a?&b&")},
		{name: "a long path", Draft: get("/" + long)},
		{name: "a long segment", Draft: get("/" + strings.Repeat("x", 255))},
		{name: "a long query", Draft: get("/a?" + strings.Repeat("y", 255) + "&" + long)},
		{name: "more path", Draft: get("/a?b", opt(protocol.URIPath, "c d"), opt(protocol.URIQuery, "e&f"))},
		{name: "Uri-Host", Draft: get("/a", opt(protocol.URIHost, "example.org"))},
		{name: "Uri-Port", Draft: get("/a", opt(protocol.URIPort, "1234"))},
		{name: "Accept", Draft: get("/a", opt(protocol.Accept, "60"))},
		{name: "Accept 0", Draft: get("/a", opt(protocol.Accept, "0"))},
		{name: "Accept twice", Draft: get("/a", opt(protocol.Accept, "50"), opt(protocol.Accept, "65535")), not: "only once"},
		{name: "ETags", Draft: get("/a", opt(protocol.ETag, "0x01"), opt(protocol.ETag, "0x0102030405060708"))},
		{name: "If-Match", Draft: put(draft.Text, "x", opt(protocol.IfMatch, ""), opt(protocol.IfMatch, "0xff00"))},
		{name: "If-None-Match", Draft: put(draft.Text, "x", opt(protocol.IfNoneMatch, ""))},
		{name: "uints", Draft: get("/a", opt(protocol.MaxAge, "86400"), opt(protocol.Size2, "0"), opt(protocol.NoResponse, "26"))},
		{name: "unknown options", Draft: get("/a", opt(65000, "0xff00"), opt(2048, "text"), opt(2049, "0x3078"), opt(65535, ""))},
		{name: "unknown text", Draft: get("/a", opt(2052, "it's \"quoted\" $HOME `x` \\ 100%"), opt(2052, "zwölf"))},
		{name: "bytes with newline", Draft: get("/a", opt(2052, "0x610a620d0009"))},
		{name: "a long option", Draft: get("/a", opt(2052, strings.Repeat("v", 400)))},
		{name: "option 0", Draft: get("/a", opt(0, "x"))},
		{name: "Hop-Limit", Draft: get("/a", opt(protocol.HopLimit, "7"))},
		{name: "Request-Tag", Draft: get("/a", opt(protocol.RequestTag, "0x0102"))},
		{name: "Echo", Draft: get("/a", opt(protocol.Echo, "0xdeadbeef"))},
		{name: "OSCORE", Draft: with(put(draft.Text, "x", opt(protocol.OSCORE, "")), func(d *draft.Draft) { d.Method = protocol.POST })},
		{name: "observe", Draft: get("/a", opt(protocol.Observe, "0"))},
		{name: "deregister", Draft: get("/a", opt(protocol.Observe, "1"))},
		{name: "Block2", Draft: get("/a", opt(protocol.Block2, "3/0/64"))},
		{name: "Block2, 1024", Draft: get("/a", opt(protocol.Block2, "0/0/1024"))},
		{name: "Block2, high", Draft: get("/a", opt(protocol.Block2, "1000000/0/64"))},
		{name: "Block2 of PUT", Draft: put(draft.Text, "x", opt(protocol.Block2, "0/0/16"))},
		{name: "Block1 of all", Draft: put(draft.Text, "x", opt(protocol.Block1, "0/0/16"))},
		{name: "Block1 alone", Draft: put(draft.Text, "0123456789abcdef", opt(protocol.Block1, "0/1/16")), not: "blocks itself"},
		{name: "text", Draft: put(draft.Text, "21.5 °C, it's 100% \"fine\" $x `y` \\n", opt(protocol.ContentFormatOption, "0"))},
		{name: "lines", Draft: put(draft.Text, "a\n\tb\n\n")},
		{name: "-", Draft: put(draft.Text, "-x")},
		{name: "@", Draft: put(draft.Text, "@x")},
		{name: "JSON", Draft: put(draft.JSON, `{"t": [1, "a'b"]}`, opt(protocol.ContentFormatOption, "50"))},
		{name: "CBOR", Draft: put(draft.Diagnostic, `{"t": 21.5, 1: h'00ff'}`, opt(protocol.ContentFormatOption, "60"))},
		{name: "binary", Draft: put(draft.Hex, bytesOf(256), opt(protocol.ContentFormatOption, "42"))},
		{name: "1024 bytes", Draft: put(draft.Hex, bytesOf(1024))},
		{name: "1025 bytes", Draft: put(draft.Hex, bytesOf(1025))},
		{name: "5 KB", Draft: put(draft.Text, strings.Repeat("0123456789 abcde\n", 300))},
		{name: "5 KB, 64", Draft: with(put(draft.Hex, bytesOf(5000)), func(d *draft.Draft) { d.BlockSize = 64 })},
		{name: "2 KB, NON, 512", Draft: with(put(draft.Hex, bytesOf(2000)), func(d *draft.Draft) { d.BlockSize, d.Type = 512, protocol.NonConfirmable })},
		{name: "2 KB in FETCH", Draft: with(put(draft.Hex, bytesOf(2000)), func(d *draft.Draft) { d.BlockSize, d.Method = 256, protocol.FETCH })},
		{name: "2 KB in DELETE", Draft: with(put(draft.Hex, bytesOf(2000)), func(d *draft.Draft) { d.BlockSize, d.Method = 256, protocol.DELETE })},
		{name: "1100 bytes in FETCH", Draft: with(put(draft.Hex, bytesOf(1100)), func(d *draft.Draft) { d.Method = protocol.FETCH })},
		{name: "small, 64", Draft: with(put(draft.Text, "small"), func(d *draft.Draft) { d.BlockSize = 64 })},
		{name: "GET, 256", Draft: with(get("/a"), func(d *draft.Draft) { d.BlockSize = 256 })},
		{name: "POST, 256", Draft: with(get("/a"), func(d *draft.Draft) { d.BlockSize, d.Method = 256, protocol.POST })},
		{name: "size asked", Draft: with(get("/a"), func(d *draft.Draft) { d.AskSize = true })},
		{name: "token", Draft: with(get("/a"), func(d *draft.Draft) { d.Token = "cafe" })},
		{name: "token of 8", Draft: with(get("/a"), func(d *draft.Draft) { d.Token = "7061636b65747331" })},
		{name: "token with quotes", Draft: with(get("/a"), func(d *draft.Draft) { d.Token = "2728" })},
		{name: "token 01", Draft: with(get("/a"), func(d *draft.Draft) { d.Token = "01" })},
		{name: "token with zero", Draft: with(get("/a"), func(d *draft.Draft) { d.Token = "0001" }), note: "the token is another"},
		{name: "empty token", Draft: with(get("/a"), func(d *draft.Draft) { d.Token = "empty" }), note: "the token is another"},
		{name: "timeout", Draft: with(get("/a"), func(d *draft.Draft) { d.Timeout = "1500ms" })},
		{name: "proxy", Draft: with(get("/a"), func(d *draft.Draft) { d.Proxy, d.Address = "coap://HOST", "coap://example.org/a?b" }), note: "Hop-Limit"},
		{name: "proxy, Hop-Limit", Draft: with(get("/a", opt(protocol.HopLimit, "16")), func(d *draft.Draft) { d.Proxy, d.Address = "coap://HOST", "coap://example.org:7000/a?b" })},
		{name: "proxy in parts", Draft: with(get("/a", opt(protocol.HopLimit, "9")), func(d *draft.Draft) {
			d.Proxy, d.Address, d.ProxyInParts = "coap://HOST", "coap://example.org:7000/a?b", true
		})},
		{name: "proxy in parts, IPv6", Draft: with(get("/a", opt(protocol.HopLimit, "16")), func(d *draft.Draft) {
			d.Proxy, d.Address, d.ProxyInParts = "coap://HOST", "coap://[2001:db8::1]/a", true
		})},
		{name: "raw", Draft: with(get("/a"), func(d *draft.Draft) { d.Raw = "49 01 7d 34" }), not: "raw"},
		{name: "ping", Draft: with(get(""), func(d *draft.Draft) { d.Method = protocol.Empty }), not: "Empty"},
	}
}

// at puts the address of the recorder into a draft.
func (s sample) at(host string) draft.Draft {
	d := s.Draft.Clone()
	d.Address = strings.ReplaceAll(d.Address, "HOST", host)
	d.Proxy = strings.ReplaceAll(d.Proxy, "HOST", host)
	return d
}

// build gives what a draft becomes, which must have no problem.
func build(t testing.TB, d draft.Draft) *draft.Built {
	t.Helper()
	b := d.Build(protocol.URI{}, nil)
	for _, p := range b.Problems {
		t.Fatalf("%s: %s", p.Where, p.Text)
	}
	return &b
}

// firstOf gives the first message that the engine would send, and the whole payload.
func firstOf(t failer, b *draft.Built) (first protocol.Message, whole []byte) {
	t.Helper()
	step := b.Request.Transfer().Start()
	send, ok := step.(blockwise.Send)
	if !ok {
		t.Fatalf("the engine does not send it: %+v", step)
	}
	first = send.Message
	first.Type = b.Request.Message.Type
	return first, b.Request.Message.Payload
}

// ofLibcoap are options that libcoap adds to the blocks of a body.
var ofLibcoap = []protocol.OptionNumber{protocol.Block1, protocol.Size1, protocol.RequestTag}

// difference says how messages differ from those that the engine sends for a draft; empty for not at all. Tokens and message IDs
// do not count. Of a body in blocks, sizes and bytes do. tags tells that a Request-Tag is added to every message.
func difference(t testing.TB, b *draft.Built, got []protocol.Message, tags bool) string {
	t.Helper()
	want, whole := firstOf(t, b)
	if len(got) == 0 {
		return "nothing came"
	}
	first := got[0]
	wanted, came := want.Options, first.Options
	if tags && !wanted.Has(protocol.RequestTag) {
		came = came.Without(protocol.RequestTag)
	}
	payload := first.Payload
	if block, ok := want.Options.Block(protocol.Block1); ok && block.More {
		for _, n := range ofLibcoap {
			wanted, came = wanted.Without(n), came.Without(n)
		}
		payload = nil
		for i, m := range got {
			b, _ := m.Options.Block(protocol.Block1)
			if b.SZX != block.SZX || int(b.Num) != i {
				return fmt.Sprintf("block %v, want %d of %d bytes", b, i, block.Size())
			}
			payload = append(payload, m.Payload...)
		}
		want.Payload = whole
	} else if len(got) > 1 {
		return fmt.Sprintf("%d messages", len(got))
	}
	sent := protocol.Message{Type: want.Type, Code: want.Code, Options: wanted, Payload: want.Payload}
	seen := protocol.Message{Type: first.Type, Code: first.Code, Options: came, Payload: payload}
	x, err := appendLong(sent)
	if err != nil {
		t.Fatal(err)
	}
	y, err := appendLong(seen)
	if err != nil {
		t.Fatal(err)
	}
	if x != y {
		return fmt.Sprintf("\n  want %v %v %.300q\n  got  %v %v %.300q", sent.Type, sent.Options, sent.Payload, seen.Type, seen.Options, seen.Payload)
	}
	return ""
}

func appendLong(m protocol.Message) (string, error) {
	b, err := m.Append(nil)
	return string(b), err
}

// failer is a test, of package testing or of rapid.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}
