package snippet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/snippet"
)

// lines are the kinds that are read back.
var lines = []string{"coap-client", "aiocoap"}

// again reads a line back, and tells how the message that it makes differs; empty for not at all.
func again(t failer, b *draft.Built, line string) string {
	t.Helper()
	if !snippet.IsCommand(line) {
		return "it is not taken for a command"
	}
	c, err := snippet.ReadCommand(line)
	if err != nil {
		return err.Error()
	}
	back := c.Draft.Build(protocol.URI{}, nil)
	for _, p := range back.Problems {
		return fmt.Sprintf("%s: %s", p.Where, p.Text)
	}
	for _, x := range []*draft.Built{b, &back} {
		if x.File != "" {
			x.Request.Message.Payload = []byte(strings.Repeat(strings.TrimPrefix(x.File, "./"), 10))
		}
	}
	first, whole := firstOf(t, &back)
	if want, wholly := firstOf(t, b); string(whole) != string(wholly) || string(first.Payload) != string(want.Payload) {
		return fmt.Sprintf("the payload is %.200q, want %.200q", whole, wholly)
	}
	want, _ := firstOf(t, b)
	same := func(a, b protocol.Option) bool { return a.Number == b.Number && string(a.Value) == string(b.Value) }
	switch {
	case first.Type != want.Type || first.Code != want.Code || !slices.EqualFunc(first.Options, want.Options, same):
		return fmt.Sprintf("\n  got  %v %v %v\n  want %v %v %v", first.Type, first.Code, first.Options, want.Type, want.Code, want.Options)
	case !sameEndpoint(back.Destination, b.Destination):
		return fmt.Sprintf("it goes to %v, want %v", back.Destination, b.Destination)
	case back.Raw != nil:
		return "it is raw"
	}
	return ""
}

func sameEndpoint(a, b protocol.URI) bool {
	return a.Scheme == b.Scheme && a.Host == b.Host && a.Port == b.Port
}

// Every line that is written without a comment is read back as the same request.
func TestWrittenLinesReadBack(t *testing.T) {
	for _, id := range lines {
		kind, _ := snippet.Find(id)
		read := 0
		for _, s := range samples() {
			for _, host := range []string{"192.0.2.7", "node.example:7000", "[2001:db8::7]:61616", "[fe80::1%25eth0]"} {
				b := build(t, s.at(host))
				line, err := kind.Write(b)
				if err != nil || strings.HasPrefix(line, "#") {
					continue
				}
				read++
				if d := again(t, b, line); d != "" {
					t.Errorf("%s: %s\n%.500s", s.name, d, line)
				}
			}
		}
		t.Logf("%s: %d lines", id, read)
	}
}

// text draws what may stand anywhere.
var text = rapid.OneOf(
	rapid.StringMatching(`[a-z0-9 ]{0,12}`), rapid.StringN(0, 12, 40), rapid.SampledFrom([]string{"", "0x", "0xzz", "'", "\"", "$x", "`", "\\", "-x", "@f", "~", "#", "a\nb", "\n", "%", "%41", "{", "a=b", "&", "*"}),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }),
)

// drafts draws requests that have all kinds of things.
func drafts(t *rapid.T) draft.Draft {
	d := draft.Draft{
		Method: rapid.SampledFrom([]protocol.Code{protocol.GET, protocol.POST, protocol.PUT, protocol.DELETE, protocol.FETCH, protocol.PATCH, protocol.IPATCH, 12}).Draw(t, "method"),
		Type:   rapid.SampledFrom([]protocol.Type{protocol.Confirmable, protocol.NonConfirmable}).Draw(t, "type"),
	}
	uri := protocol.URI{
		Scheme: protocol.CoAP, Host: rapid.SampledFrom([]string{"192.0.2.7", "2001:db8::7", "node.example", "localhost", "fe80::1%eth0"}).Draw(t, "host"),
		Port: rapid.SampledFrom([]uint16{5683, 5684, 61616}).Draw(t, "port"),
		Path: rapid.SliceOfN(text, 0, 4).Draw(t, "path"), Query: rapid.SliceOfN(text, 0, 3).Draw(t, "query"),
	}
	d.Address = uri.String()
	if rapid.IntRange(0, 5).Draw(t, "proxied") == 0 {
		d.Proxy, d.ProxyInParts = "coap://proxy.example:5690", rapid.Bool().Draw(t, "in parts")
	}
	for range rapid.IntRange(0, 4).Draw(t, "options") {
		n := rapid.SampledFrom([]protocol.OptionNumber{
			protocol.IfMatch, protocol.URIHost, protocol.ETag, protocol.IfNoneMatch, protocol.URIPort, protocol.Observe, protocol.ContentFormatOption,
			protocol.MaxAge, protocol.HopLimit, protocol.Accept, protocol.Block2, protocol.Size2, protocol.Size1, protocol.Echo, protocol.NoResponse,
			protocol.RequestTag, 2048, 2049, 65000, protocol.URIPath, protocol.URIQuery,
		}).Draw(t, "number")
		value := text.Draw(t, "value")
		if info := n.Lookup(protocol.GET); info != nil && info.Format == protocol.FormatUint {
			value = fmt.Sprint(rapid.IntRange(0, 300).Draw(t, "uint"))
		} else if info != nil && info.Format == protocol.FormatEmpty {
			value = ""
		}
		if strings.Contains(value, "{{") {
			continue
		}
		if _, err := draft.EncodeOption(n, value); err == nil {
			d.Options = append(d.Options, draft.Option{Number: n, Text: value})
		}
	}
	switch d.Form = rapid.SampledFrom([]draft.Form{draft.Text, draft.Hex, draft.File}).Draw(t, "form"); d.Form {
	case draft.Text:
		d.Payload = strings.ReplaceAll(text.Draw(t, "payload"), "{{", "{")
	case draft.Hex:
		d.Payload = fmt.Sprintf("%x", rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "bytes"))
	default:
		d.Payload = rapid.SampledFrom([]string{"f", "it's", "/tmp/a b.bin", "ü", "-"}).Draw(t, "file")
	}
	d.BlockSize = rapid.SampledFrom([]int{0, 0, 16, 64, 1024}).Draw(t, "block size")
	d.Token = rapid.SampledFrom([]string{"", "", "cafe", "ff"}).Draw(t, "token")
	return d
}

// Whatever a request has: its line is an error, says what is different, or is read back as the same request.
func TestLinesReadBack(t *testing.T) {
	for _, id := range lines {
		kind, _ := snippet.Find(id)
		written := 0
		rapid.Check(t, func(t *rapid.T) {
			d := drafts(t)
			b := d.Build(protocol.URI{}, nil)
			if len(b.Problems) > 0 {
				return
			}
			line, err := kind.Write(&b)
			if err != nil || strings.HasPrefix(line, "#") {
				return
			}
			written++
			if d := again(t, &b, line); d != "" {
				t.Fatalf("%s\n%s", d, line)
			}
			// As an entry of one line has it.
			if flat := strings.ReplaceAll(line, " -", " \\\n -"); !strings.ContainsAny(line, "'\"") {
				if d := again(t, &b, strings.ReplaceAll(flat, "\n", " ")); d != "" {
					t.Fatalf("continued: %s\n%s", d, line)
				}
			}
		})
		if written == 0 {
			t.Errorf("%s: no line was written", id)
		}
	}
}
