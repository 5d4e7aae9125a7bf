package payload

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// minTLVDate and maxTLVDate bound the numbers that are also given as dates: the years 2000 to 2099.
const (
	minTLVDate = 946684800
	maxTLVDate = 4102444800
)

// signed gives an integer of 1, 2, 4 or 8 bytes.
func signed(b []byte) (int64, bool) {
	switch len(b) {
	case 1:
		return int64(int8(b[0])), true
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b))), true
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b))), true
	case 8:
		return int64(binary.BigEndian.Uint64(b)), true
	}
	return 0, false
}

// reading is one of the values that the bytes of a resource may stand for.
type reading struct {
	text string
	kind Kind
}

// value shows the bytes of a resource, then what they may mean, the likeliest first.
func (p *tlvPrinter) value(b []byte, offset, indent int) {
	start, end := offset, offset+len(b)
	if len(b) == 0 {
		p.emit(KindComment, "empty", 0, 0)
		return
	}
	readings := tlvReadings(b)
	if len(readings) == 0 {
		p.hexBytes(b, indent, at(offset))
		return
	}
	for i, r := range readings {
		if i > 0 {
			p.emit(KindComment, " or ", 0, 0)
		}
		p.emit(r.kind, r.text, start, end)
	}
	if len(b) <= 8 {
		p.emit(KindComment, fmt.Sprintf("  h'%x'", b), start, end)
	}
	if len(b) > maxString {
		p.cut(fmt.Sprintf("only the first %d bytes of a string are shown", maxString))
	}
}

// tlvReadings gives what a value may mean by its length and its bytes (OMA LwM2M 1.0 Appendix C): a string, an integer, a
// float, a time, a boolean, an object link. Opaque bytes have none.
func tlvReadings(b []byte) []reading {
	var list []reading
	number, isInteger := signed(b)
	text, isText := tlvText(b)
	textFirst := isText && len(b) != 1 && len(b) != 2
	if textFirst {
		list = append(list, text)
	}
	if isInteger {
		float, ok := tlvFloat(b)
		if ok {
			list = append(list, reading{formatFloat(float), KindNumber})
		}
		list = append(list, reading{strconv.FormatInt(number, 10), KindNumber})
		switch {
		case len(b) == 1 && number == 0:
			list = append(list, reading{"false", KindLiteral})
		case len(b) == 1 && number == 1:
			list = append(list, reading{"true", KindLiteral})
		case len(b) >= 4 && number >= minTLVDate && number < maxTLVDate:
			list = append(list, reading{time.Unix(number, 0).UTC().Format(time.RFC3339), KindLiteral})
		}
		if link, ok := tlvLink(b); ok && !textFirst {
			list = append(list, link)
		}
	}
	if isText && !textFirst && b[0] >= ' ' {
		list = append(list, text)
	}
	return list
}

func tlvText(b []byte) (reading, bool) {
	if !printable(b) {
		return reading{}, false
	}
	cut := b
	if len(b) > maxString {
		cut = b[:maxString]
		for len(cut) > 0 && !utf8.Valid(cut) {
			cut = cut[:len(cut)-1]
		}
		return reading{quoted(string(cut)) + "…", KindString}, true
	}
	return reading{quoted(string(b)), KindString}, true
}

// tlvFloat gives the value as a float, where it is one that people measure: others are no floats, most likely.
func tlvFloat(b []byte) (float64, bool) {
	v := 0.0
	switch len(b) {
	case 4:
		f := math.Float32frombits(binary.BigEndian.Uint32(b))
		// The digits that a float of 32 bits has, not those of its widening.
		v, _ = strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	case 8:
		v = math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	a := math.Abs(v)
	return v, a >= 1e-4 && a <= 1e9
}

// tlvLink gives an object link: the identifiers of an object and of its instance, 65535 for none.
func tlvLink(b []byte) (reading, bool) {
	if len(b) != 4 {
		return reading{}, false
	}
	object, instance := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	switch {
	case object == math.MaxUint16 && instance == math.MaxUint16:
		return reading{"no object link", KindLiteral}, true
	case object > 0 && object < 0x1000 && instance < 256:
		return reading{fmt.Sprintf("link /%d/%d", object, instance), KindLiteral}, true
	}
	return reading{}, false
}
