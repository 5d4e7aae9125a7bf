package view

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
)

// Explanation is what the card says of the active field.
type Explanation struct {
	Concept   Concept
	Title     string
	Value     string
	Text      string
	Reference string
	// Part is the part of the field that is pointed at, and Bits what is selected of it, bit for bit;
	// each empty for none.
	Part string
	Bits string
}

// Explain gives the explanation of the active field, or false while there is none.
func (v *Inspector) Explain() (Explanation, bool) {
	i := v.Active()
	if i < 0 {
		if from, to, ok := v.SelectedBytes(); ok {
			return Explanation{Concept: Accent, Title: "Bytes of several fields", Bits: v.bytesText(from, to)}, true
		}
		return Explanation{}, false
	}
	t := &v.Tree
	e := Explanation{Concept: v.Concept(i), Title: t.Title(i), Value: t.Value(i), Text: t.Explain(i), Reference: t.Reference(i)}
	f := &t.Fields[i]
	if f.Kind == dissect.Option {
		if words := t.FlagWords(i); words != "" {
			e.Title += "   (" + words + ")"
		}
		if v.Aside != nil && v.edit == nil {
			if aside := v.Aside(v.Frame, t, t.Options[f.Option].Number); aside != "" {
				e.Text += " · " + aside
			}
		}
	}
	whole := func(p int) bool { return t.Fields[p].Kind == dissect.OptionValue && t.Value(p) == e.Value }
	if p := v.part(); p >= 0 && p != i && p < int(f.Next) && !whole(p) {
		e.Part = t.Name(p) + " " + t.Value(p)
		if text := t.Explain(p); text != "" && text != e.Text && t.Fields[p].Kind != dissect.OptionValue {
			e.Part += " · " + strings.TrimSuffix(text, ".")
		}
		if ref := t.Reference(p); ref != "" && ref != e.Reference {
			e.Part += " · " + ref
		}
	}
	if v.hovered < 0 || v.hovered == v.selected {
		if bit, ok := v.SelectedBit(); ok {
			e.Bits = v.bitText(bit)
		} else if v.kind == BytesSelected {
			e.Bits = v.bytesText(v.from, v.to)
		}
	}
	return e, true
}

// bitText says where a bit is and what it counts: "Bit 21 is 1 · byte 2, mask 0x04 · weight 2¹⁰ = 1024 in Message ID".
func (v *Inspector) bitText(bit int) string {
	digit := "0"
	if v.Set(bit) {
		digit = "1"
	}
	s := fmt.Sprintf("Bit %d is %s · byte %d, mask 0x%02x", bit, digit, bit/8, 0x80>>(bit%8))
	leaf := v.Tree.LeafAt(bit)
	f := &v.Tree.Fields[leaf]
	if !numeric(&v.Tree, leaf) {
		return s
	}
	power := f.End() - 1 - bit
	return s + fmt.Sprintf(" · weight 2%s = %d in %s", superscript(power), uint64(1)<<power, v.Tree.Name(leaf))
}

// numeric tells whether the bits of a leaf make one number.
func numeric(t *dissect.Tree, leaf int) bool {
	f := &t.Fields[leaf]
	switch f.Kind {
	case dissect.Token, dissect.Payload, dissect.PayloadMarker, dissect.Undecodable, dissect.OptionsUndrawn,
		dissect.OSCOREKid, dissect.OSCOREKidContext:
		return false
	case dissect.OptionValue:
		o := &t.Options[f.Option]
		return f.Bits <= 64 && o.Info != nil && o.Info.Format == protocol.FormatUint
	}
	return f.Bits <= 64
}

// bytesText says what selected bytes are: where, how many, and their value where they are few.
func (v *Inspector) bytesText(from, to int) string {
	data := v.Tree.Bytes[from:to]
	if len(data) == 1 {
		return fmt.Sprintf("Byte %d at 0x%04x · 0x%02x = %d = 0b%08b", from, from, data[0], data[0], data[0]) + character(data[0])
	}
	s := fmt.Sprintf("Bytes %d to %d at 0x%04x · %s", from, to-1, from, count(len(data), "byte", "bytes"))
	if len(data) <= 8 {
		var n uint64
		for _, b := range data {
			n = n<<8 | uint64(b)
		}
		s += fmt.Sprintf(" · uint %d", n)
	}
	if utf8.Valid(data) && len(data) <= 40 && printable(string(data)) {
		s += " · " + strconv.Quote(string(data))
	}
	return s
}

func character(b byte) string {
	if b < ' ' || b > '~' {
		return ""
	}
	return " = " + strconv.QuoteRune(rune(b))
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) })
}

var superscripts = []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")

func superscript(n int) string {
	var s strings.Builder
	for _, digit := range strconv.Itoa(n) {
		s.WriteRune(superscripts[digit-'0'])
	}
	return s.String()
}
