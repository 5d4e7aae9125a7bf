package view

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"coapscope/session/filter"
)

// The ways to copy what is selected. Each gives an empty text where there is nothing to copy.

// CopyValue gives the value of the selected field; of bytes or a bit without a field, the bytes.
func (v *Inspector) CopyValue() string {
	if v.selected < 0 || v.kind == BytesSelected && v.to-v.from > 1 {
		return v.CopyHex()
	}
	return v.Tree.Value(v.selected)
}

// CopyNameAndValue gives the name of the selected field with its value.
func (v *Inspector) CopyNameAndValue() string {
	if v.selected < 0 {
		return v.CopyHex()
	}
	return v.Tree.Title(v.selected) + ": " + v.Tree.Value(v.selected)
}

// chosen gives the selected bytes, or all.
func (v *Inspector) chosen() []byte {
	if from, to, ok := v.SelectedBytes(); ok {
		return v.Tree.Bytes[from:to]
	}
	return v.Tree.Bytes
}

// CopyHex gives the selected bytes, or all, as hex digits.
func (v *Inspector) CopyHex() string { return hex.EncodeToString(v.chosen()) }

// CopyBase64 gives the selected bytes, or all, in base64.
func (v *Inspector) CopyBase64() string { return base64.StdEncoding.EncodeToString(v.chosen()) }

// CopyC gives the selected bytes, or all, as an array of C.
func (v *Inspector) CopyC() string {
	data := v.chosen()
	if len(data) == 0 {
		return ""
	}
	var s strings.Builder
	fmt.Fprintf(&s, "const uint8_t message[%d] = {", len(data))
	for i, b := range data {
		if i%12 == 0 {
			s.WriteString("\n   ")
		}
		fmt.Fprintf(&s, " 0x%02x,", b)
	}
	s.WriteString("\n};\n")
	return s.String()
}

// CopyDump gives all bytes with offsets and characters, as Wireshark and xxd do.
func (v *Inspector) CopyDump() string {
	var s strings.Builder
	dump(&s, v.Tree.Bytes)
	return s.String()
}

// dump writes bytes 16 a line, with offset and characters.
func dump(s *strings.Builder, data []byte) {
	for at := 0; at < len(data); at += 16 {
		row := data[at:min(at+16, len(data))]
		fmt.Fprintf(s, "%04x ", at)
		for i := range 16 {
			if i == 8 {
				s.WriteByte(' ')
			}
			if i < len(row) {
				fmt.Fprintf(s, " %02x", row[i])
			} else {
				s.WriteString("   ")
			}
		}
		s.WriteString("  ")
		for _, b := range row {
			if b < ' ' || b > '~' {
				b = '.'
			}
			s.WriteByte(b)
		}
		s.WriteByte('\n')
	}
}

// CopyFinding gives a finding as text.
func (v *Inspector) CopyFinding(i int) string {
	if i < 0 || i >= v.FindingCount() {
		return ""
	}
	return v.finding(i).String()
}

// AsFilter gives the expression that asks for packets with the value that a field has; false where there
// is none.
func (v *Inspector) AsFilter(field int) (string, bool) { return filter.Of(&v.Tree, field) }

// AsColumn gives the name under which the packet list shows a field; false where it cannot.
func (v *Inspector) AsColumn(field int) (string, bool) { return filter.ColumnOf(&v.Tree, field) }
