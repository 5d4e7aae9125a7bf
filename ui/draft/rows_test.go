package draft_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// TestRowsStay types a value letter by letter: whether it is right or wrong, its row stays in its place, so that the
// cursor does.
func TestRowsStay(t *testing.T) {
	d := draft.Draft{Method: protocol.GET, Address: "coap://192.0.2.1/a/b", Options: []draft.Option{
		{Number: protocol.ETag}, {Number: protocol.Accept}, {Number: protocol.ETag}, {Number: protocol.URIPath, Text: "c"},
	}}
	const want = "ETag own 0 part -1, ETag own 2 part -1, Uri-Path own 3 part -1, Uri-Path own -1 part 0, Uri-Path own -1 part 1, Accept own 1 part -1, "
	for _, etag := range []string{"", "0", "0x", "0x1", "0x12", "too long for it", "z"} {
		for _, accept := range []string{"", "6", "application/", "application/cbor"} {
			d.Options[2].Text, d.Options[1].Text = etag, accept
			b := d.Build(protocol.URI{}, nil)
			got := ""
			for _, r := range d.Rows(&b) {
				got += fmt.Sprintf("%s own %d part %d, ", r.Number, r.Own, r.Part)
			}
			if got != want {
				t.Errorf("ETag %q, Accept %q: rows %s, want %s", etag, accept, got, want)
			}
		}
	}
}

// What is written into the row of a path or query is in the address, and the other way round.
func TestRowsEditTheAddress(t *testing.T) {
	d := draft.Draft{Method: protocol.GET, Address: "192.0.2.1:7000/a/b%2Fc?x=1&y=%26"}
	row := func(number protocol.OptionNumber, text string) draft.Row {
		t.Helper()
		b := d.Build(protocol.URI{}, nil)
		for _, r := range d.Rows(&b) {
			if r.Number == number && r.Text == text {
				if r.Part < 0 || !r.Editable() {
					t.Fatalf("%v is not of the address", r)
				}
				return r
			}
		}
		t.Fatalf("no row %v %q in %v", number, text, d.Rows(&b))
		return draft.Row{}
	}
	for _, c := range []struct {
		number    protocol.OptionNumber
		was, text string
		address   string
	}{
		{protocol.URIPath, "b/c", "größe ?", "192.0.2.1:7000/a/gr%C3%B6%C3%9Fe%20%3F?x=1&y=%26"},
		{protocol.URIQuery, "y=&", "y={{v}}&{", "192.0.2.1:7000/a/gr%C3%B6%C3%9Fe%20%3F?x=1&y={{v}}%26%7B"},
		{protocol.URIPath, "a", "..", "192.0.2.1:7000/%2E%2E/gr%C3%B6%C3%9Fe%20%3F?x=1&y={{v}}%26%7B"},
	} {
		r := row(c.number, c.was)
		if d.SetRow(&r, c.text); d.Address != c.address {
			t.Fatalf("%v %q as %q: got %s, want %s", c.number, c.was, c.text, d.Address, c.address)
		}
	}
	d.Address = "192.0.2.1:7000/a/b?x=1"
	r := row(protocol.URIPath, "a")
	if d.RemoveRow(&r); d.Address != "192.0.2.1:7000/b?x=1" {
		t.Errorf("without a: %s", d.Address)
	}
	if own, part := d.AddOption(protocol.URIPath); own != -1 || part != 1 || d.Address != "192.0.2.1:7000/b/?x=1" {
		t.Errorf("one more segment: %d, %d, %s", own, part, d.Address)
	}
	if own, part := d.AddOption(protocol.URIQuery); own != -1 || part != 3 || d.Address != "192.0.2.1:7000/b/?x=1&" {
		t.Errorf("one more argument: %d, %d, %s", own, part, d.Address)
	}
	d.Address = "192.0.2.1"
	if own, part := d.AddOption(protocol.URIPath); own != 0 || part != -1 || d.Options[0].Number != protocol.URIPath {
		t.Errorf("the first segment: %d, %d, %+v", own, part, d)
	}
}

func TestParts(t *testing.T) {
	for address, want := range map[string]string{
		"":                           "",
		"coap://h":                   "",
		"coap://h/":                  "",
		"/a/b":                       "/a /b",
		"?q":                         "?q",
		"h/a//b?x&y=1":               "/a / /b ?x ?y=1",
		"coap://[fe80::1%25eth0]/a":  "/a",
		"{{base}}/a/{{x/y}}/b?{{q}}": "/a /{{x /y}} /b ?{{q}}", // x/y is the name of no variable
		"coap://{{a.b-c}}/%zz":       "/%zz",
	} {
		got := ""
		for _, p := range draft.Parts(address) {
			got += map[protocol.OptionNumber]string{protocol.URIPath: " /", protocol.URIQuery: " ?"}[p.Number] + p.Text
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%q: got%s, want %s", address, got, want)
		}
	}
}

// The parts of an address are the options that it becomes, and written back they are so again.
func TestPartsAreTheOptions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab/?&=%25. {}ß#\x00+")), 0, 12, -1)
		path, query := rapid.SliceOfN(text, 0, 4).Draw(t, "path"), rapid.SliceOfN(text, 0, 4).Draw(t, "query")
		if len(path) == 1 && path[0] == "" {
			path = nil
		}
		uri := protocol.URI{Scheme: protocol.CoAP, Host: "192.0.2.1", Port: 5683, Path: path, Query: query}
		d := draft.Draft{Method: protocol.GET, Address: uri.String()}
		b := d.Build(protocol.URI{}, nil)
		if len(b.Problems) > 0 {
			t.Fatalf("%s: %v", d.Address, b.Problems)
		}
		parts := draft.Parts(d.Address)
		if len(parts) != len(b.Request.Message.Options) {
			t.Fatalf("%s: parts %q, options %v", d.Address, parts, b.Request.Message.Options)
		}
		for i, o := range b.Request.Message.Options {
			if parts[i].Number != o.Number || parts[i].Text != string(o.Value) {
				t.Fatalf("%s: part %q is not option %v %q", d.Address, parts[i], o.Number, o.Value)
			}
		}
		if again := draft.WithParts(d.Address, parts); again != d.Address {
			t.Fatalf("%s becomes %s", d.Address, again)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"coap://h/a?b", "{{x}}/a", "/%", "[", "h?&", "{{{{}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		parts := draft.Parts(address)
		again := draft.Parts(draft.WithParts(address, parts))
		if len(parts) > 0 && fmt.Sprint(parts) != fmt.Sprint(again) {
			t.Errorf("%q: %q becomes %q", address, parts, again)
		}
		d := draft.Draft{Method: protocol.GET, Address: address}
		b := d.Build(protocol.URI{}, nil)
		d.Rows(&b)
	})
}
