package view_test

import (
	"errors"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

// What a payload becomes is said below it, or where its mistake is.
func TestNotePayload(t *testing.T) {
	long := `{"a": "` + strings.Repeat("x", 40) + `", "b": ?, "c": "` + strings.Repeat("y", 40) + `"}`
	for _, c := range []struct {
		form    draft.Form
		payload string
		format  string
		want    []string
		concept view.Concept
	}{
		{draft.Text, "", "", []string{"no payload"}, view.Dim},
		{draft.Text, "ö", "", []string{"2 bytes"}, view.Dim},
		{draft.Diagnostic, `{1: "a"}`, "60", []string{"4 bytes: a1 01 61 61"}, view.Dim},
		{draft.JSON, "{\n\t\"t\": 21,5}", "50", []string{`line 2:  "t": 21,5}`, "                 ^", "✖ byte 11: '5' looking for beginning of object key string (RFC 8259)"}, view.Error},
		{draft.JSON, long, "50", []string{`line 1: …xxxxxxxx", "b": ?, "c": "yyyyyyy…`, "                         ^", "✖ byte 55: '?' looking for beginning of value (RFC 8259)"}, view.Error},
		{draft.Hex, "a1 zz", "", []string{"line 1: a1 zz", "           ^", "✖ byte 3: 'z' is no hex digit (hex)"}, view.Error},
		{draft.Hex, "ff ff", "60", []string{"2 bytes: ff ff", "▲ "}, view.Warning},
	} {
		d := draft.Draft{Method: protocol.PUT, Address: "192.0.2.1", Form: c.form, Payload: c.payload}
		if c.format != "" {
			d.SetOption(protocol.ContentFormatOption, c.format)
		}
		b := d.Build(protocol.URI{}, nil)
		n := view.NotePayload(&d, &b, view.FilePeek{}, true)
		same := len(n.Lines) == len(c.want) && n.Concept == c.concept
		for i := 0; same && i < len(c.want); i++ {
			same = n.Lines[i] == c.want[i] || c.want[i] == "▲ " && strings.HasPrefix(n.Lines[i], c.want[i])
		}
		if !same {
			t.Errorf("%s %q: got %q, %v", c.form, c.payload, n.Lines, n.Concept)
		}
	}
	d := draft.Draft{Method: protocol.PUT, Address: "192.0.2.1", Form: draft.File, Payload: "x.bin"}
	b := d.Build(protocol.URI{}, nil)
	for _, c := range []struct {
		peek  view.FilePeek
		known bool
		want  string
	}{
		{view.FilePeek{}, false, "looking at the file …"},
		{view.FilePeek{Size: 5000}, true, "5000 B, sent block by block"},
		{view.FilePeek{Err: errors.New("no such file")}, true, "✖ no such file"},
	} {
		if n := view.NotePayload(&d, &b, c.peek, c.known); n.Text() != c.want {
			t.Errorf("got %q, want %q", n.Text(), c.want)
		}
	}
}
