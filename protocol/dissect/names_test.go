package dissect

import (
	"testing"

	"coapscope/protocol"
)

// What is named shows its name, is decoded by its format and is known; what is not registered says so.
func TestNames(t *testing.T) {
	names, err := protocol.ParseNames(`
		option 3333 Vendor-Level uint 0-2 request
		code 0.30 ANNOUNCE
		code 7.30 WHISPER
		option 9 Volume string 1-9 7.30
		content-format 65001 application/vnd.acme+cbor
	`)
	if err != nil {
		t.Fatal(err)
	}
	m := protocol.Message{Code: 30, MessageID: 1, Payload: []byte{1}, Options: protocol.Options{
		{Number: protocol.ContentFormatOption, Value: []byte{0xfd, 0xe9}}, {Number: 3333, Value: []byte{7}},
	}}
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		names                                         *protocol.Names
		findings                                      int
		code, option, value, label, explained, clause string
		format, payload                               string
	}{
		{
			names, 0, "0.30 ANNOUNCE", "3333 Vendor-Level", "7", "Vendor-Level 7",
			"12 + Δ3321 = option 3333 · length 1 · uint 7 · named in the names file", "names file",
			"65001 application/vnd.acme+cbor", "payload · 1 byte vnd.acme+cbor",
		},
		{
			nil, 2, "0.30", "3333 unknown", "07", "option 3333 07",
			"12 + Δ3321 = option 3333 · length 1 · not registered (for vendors among others): critical, safe to forward", "RFC 7252 §5.4.1",
			"65001 not registered", "payload · 1 byte 65001",
		},
	} {
		tree := DissectNamed(c.names, protocol.DatagramFraming, b)
		if len(tree.Findings) != c.findings {
			t.Errorf("findings %v, want %d", tree.Findings, c.findings)
		}
		option := tree.Options[1]
		for got, want := range map[string]string{
			tree.Value(tree.Find(Code)):       c.code,
			tree.Name(option.Field):           c.option,
			tree.Value(option.Field):          c.value,
			tree.Label(option.ValueAt):        c.label,
			tree.Explain(option.Field):        c.explained,
			tree.Reference(option.Field):      c.clause,
			tree.Value(tree.Options[0].Field): c.format,
			tree.Label(tree.Find(Payload)):    c.payload,
		} {
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}

	tree := Tree{Names: names}
	tree.DissectFraming(protocol.StreamFraming, []byte{0x20, 0xfe, 0x91, 'x'})
	if got := tree.Name(tree.Options[0].Field) + " " + tree.Value(tree.Options[0].Field); got != "9 Volume x" || len(tree.Findings) > 0 {
		t.Errorf("the option of a signalling code is %q, findings %v", got, tree.Findings)
	}
	got, err := tree.SetField(tree.Find(Code), "announce")
	if err != nil || got[1] != 30 {
		t.Errorf("the code by its name: % x %v", got, err)
	}
}
