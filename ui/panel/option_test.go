package panel

import (
	"fmt"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// TestOptionRowsStay types a value letter by letter: whether it is right or wrong, its row stays in its
// place, so that the cursor does.
func TestOptionRowsStay(t *testing.T) {
	d := draft.Draft{Method: protocol.GET, Address: "coap://192.0.2.1/a/b", Options: []draft.Option{
		{Number: protocol.ETag}, {Number: protocol.Accept}, {Number: protocol.ETag}, {Number: protocol.URIPath, Text: "c"},
	}}
	const want = "ETag 0, ETag 2, Uri-Path -1, Uri-Path -1, Uri-Path 3, Accept 1, "
	for _, etag := range []string{"", "0", "0x", "0x1", "0x12", "too long for it", "z"} {
		for _, accept := range []string{"", "6", "application/", "application/cbor"} {
			d.Options[2].Text, d.Options[1].Text = etag, accept
			b := d.Build(protocol.URI{}, nil)
			got := ""
			for i, r := range rowsOf(&d, &b) {
				got += fmt.Sprintf("%s %d, ", r.number, r.index)
				if r.place != i {
					t.Errorf("row %d has place %d", i, r.place)
				}
			}
			if got != want {
				t.Errorf("ETag %q, Accept %q: rows %s, want %s", etag, accept, got, want)
			}
		}
	}
}
