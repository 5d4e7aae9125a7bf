package payload

import (
	"fmt"
	"strconv"
)

// tlvClause is where the TLV format of LwM2M is defined; later versions have it in §7.4.
const tlvClause = "OMA LwM2M 1.0 §6.4.3"

// Kinds of identifier, the bits 7 and 6 of the type byte.
const (
	tlvObjectInstance = iota
	tlvResourceInstance
	tlvMultipleResource
	tlvResource
)

var tlvKinds = [4]string{"object instance", "resource instance", "multiple resource", "resource"}

// tlv is the header of an entry: type byte, identifier, length.
type tlv struct {
	start             int
	kind              byte
	id                int
	idStart           int
	length            int
	lengthStart       int // of the length field; there is none where it is value
	value, end        int
	wideID, wide, odd bool // identifier or length is wider than it needs to be; bits 2-0 beside a length field
}

// contains says whether the value of the entry is a list of entries.
func (t tlv) contains() bool { return t.kind == tlvObjectInstance || t.kind == tlvMultipleResource }

// readTLV reads the header of the entry at pos. With an error that is about the value, the header is whole.
func readTLV(data []byte, pos int) (t tlv, err *SyntaxError) {
	kind := data[pos]
	t = tlv{start: pos, kind: kind >> 6, idStart: pos + 1}
	idSize, lengthSize := 1+int(kind>>5&1), int(kind>>3&3)
	t.lengthStart = t.idStart + idSize
	t.value = t.lengthStart + lengthSize
	if t.value > len(data) {
		part, from := "identifier", t.idStart
		if t.lengthStart <= len(data) {
			part, from = "length", t.lengthStart
		}
		return t, &SyntaxError{
			Offset: len(data), Reference: tlvClause, cutOff: true,
			Problem: fmt.Sprintf("the %s at byte %d of the entry at byte %d is cut off", part, from, pos),
		}
	}
	number := func(from, to int) (n int) {
		for _, c := range data[from:to] {
			n = n<<8 | int(c)
		}
		return n
	}
	t.id = number(t.idStart, t.lengthStart)
	t.wideID = idSize == 2 && t.id <= 0xff
	if lengthSize == 0 {
		t.length = int(kind & 7)
	} else {
		t.length = number(t.lengthStart, t.value)
		t.odd = kind&7 != 0
		t.wide = t.length <= 7 || t.length>>(8*(lengthSize-1)) == 0
	}
	t.end = t.value + t.length
	if t.end > len(data) {
		at := t.start
		if lengthSize > 0 {
			at = t.lengthStart
		}
		return t, &SyntaxError{
			Offset: at, Reference: tlvClause, cutOff: true,
			Problem: fmt.Sprintf("the value of %s is cut off after %d", bytesOf(t.length), len(data)-t.value),
		}
	}
	return t, nil
}

// tlvPrinter lays out LwM2M TLV, an entry a line. The types of values are not in the payload, so that they are given by
// what their length and their bytes allow.
type tlvPrinter struct {
	printer
	data []byte
}

func layoutTLV(data []byte) *layout {
	p := &tlvPrinter{data: data}
	p.list(0, len(data), 0, -1, "…")
	if len(data) == 0 {
		p.notice("empty: no entries")
	}
	return p.done()
}

// list lays out the entries from pos to end, which belong to an entry of the kind given, -1 for none.
func (p *tlvPrinter) list(pos, end, indent, parent int, path string) {
	kinds, ids := [4]bool{}, map[int]int{}
	for pos < end && !p.stopped() {
		t, err := readTLV(p.data[:end], pos)
		if err != nil && t.value > end {
			p.mistake(indent, err, len(p.data))
			p.rest(pos, end, indent+1)
			return
		}
		problem := fitsTLV(t, parent, kinds)
		good := err == nil && problem == nil
		kinds[t.kind] = true
		if before, ok := ids[t.id]; ok && good {
			problem = &SyntaxError{
				Offset: t.idStart, Reference: tlvClause,
				Problem: fmt.Sprintf("identifier %d is already that of the entry at byte %d", t.id, before),
			}
		} else if !ok {
			ids[t.id] = t.start
		}
		p.entry(t, min(t.end, end), indent, fmt.Sprintf("%s/%d", path, t.id), good)
		if problem != nil {
			p.mistake(indent+1, problem, len(p.data))
		}
		if err != nil {
			p.mistake(indent+1, err, len(p.data))
			if problem == nil && t.contains() {
				p.list(t.value, end, indent+1, int(t.kind), fmt.Sprintf("%s/%d", path, t.id))
			} else {
				p.rest(t.value, end, indent+1)
			}
			return
		}
		if !good {
			p.rest(t.value, t.end, indent+1)
		}
		pos = t.end
	}
}

// fitsTLV says what is wrong with an entry of that kind within the other, beside the kinds seen.
func fitsTLV(t tlv, parent int, seen [4]bool) *SyntaxError {
	wrong := func(format string, args ...any) *SyntaxError {
		return &SyntaxError{Offset: t.start, Problem: fmt.Sprintf(format, args...), Reference: tlvClause}
	}
	kind := int(t.kind)
	resource := kind == tlvResource || kind == tlvMultipleResource
	switch {
	case parent == tlvObjectInstance && !resource:
		return wrong("expected a resource within an object instance, not %s", article(tlvKinds[kind]))
	case parent == tlvMultipleResource && kind != tlvResourceInstance:
		return wrong("expected a resource instance within a multiple resource, not %s", article(tlvKinds[kind]))
	}
	for other, is := range seen {
		bothResources := resource && (other == tlvResource || other == tlvMultipleResource)
		if is && other != kind && !bothResources {
			return wrong("%s beside %s; entries of one level are of one kind", article(tlvKinds[kind]), article(tlvKinds[other]))
		}
	}
	return nil
}

func article(noun string) string {
	if noun[0] == 'o' {
		return "an " + noun
	}
	return "a " + noun
}

// entry lays out one entry, and, where it is whole and in its place, the entries in it.
func (p *tlvPrinter) entry(t tlv, end, indent int, path string, good bool) {
	p.beginLine(indent)
	id := strconv.Itoa(t.id)
	p.emit(KindComment, path[:len(path)-len(id)], 0, 0)
	p.emit(KindKey, id, t.idStart, t.lengthStart)
	p.emit(KindPlain, "  ", 0, 0)
	p.emit(KindLiteral, tlvKinds[t.kind], t.start, t.start+1)
	p.punct(", ")
	if t.lengthStart < t.value {
		p.emit(KindNumber, bytesOf(t.length), t.lengthStart, t.value)
	} else {
		p.emit(KindNumber, bytesOf(t.length), t.start, t.start+1)
	}
	if good && !t.contains() {
		p.punct(": ")
		p.value(p.data[t.value:end], t.value, indent+1)
	}
	if t.wide {
		p.emit(KindComment, " (the length field is longer than it needs to be)", t.lengthStart, t.value)
	}
	if t.odd {
		p.emit(KindComment, fmt.Sprintf(" (bits 2-0 of the type are %d beside a length field)", p.data[t.start]&7), t.start, t.start+1)
	}
	if t.wideID {
		p.emit(KindComment, " (the identifier would fit into one byte)", t.idStart, t.lengthStart)
	}
	if good && t.contains() {
		inside := p.open()
		p.list(t.value, end, indent+1, int(t.kind), path)
		p.closeHere(inside)
	}
}

// rest shows bytes that cannot be read as entries.
func (p *tlvPrinter) rest(pos, end, indent int) {
	if pos < end {
		p.beginLine(indent)
		p.hexBytes(p.data[pos:end], indent, at(pos))
	}
}

// checkTLV finds the first thing that breaks the format.
func checkTLV(_ int, data []byte) string {
	if err := brokenTLV(data, 0, min(len(data), maxChecked), -1); err != nil && !(err.cutOff && len(data) > maxChecked) {
		return err.Error()
	}
	return ""
}

func brokenTLV(data []byte, pos, end, parent int) *SyntaxError {
	var seen [4]bool
	for pos < end {
		t, err := readTLV(data[:end], pos)
		if err != nil {
			return err
		}
		if err := fitsTLV(t, parent, seen); err != nil {
			return err
		}
		seen[t.kind] = true
		if t.contains() {
			if err := brokenTLV(data, t.value, t.end, int(t.kind)); err != nil {
				return err
			}
		}
		pos = t.end
	}
	return nil
}

// summarizeTLV gives the value of the one resource that the payload has, or how many entries there are.
func summarizeTLV(data []byte) string {
	n := 0
	var one tlv
	for pos := 0; pos < len(data); n++ {
		t, err := readTLV(data, pos)
		if err != nil {
			return fmt.Sprintf("LwM2M TLV %d B", len(data))
		}
		one, pos = t, t.end
	}
	if n == 1 && (one.kind == tlvResource || one.kind == tlvResourceInstance) && one.length <= maxSummary {
		if readings := tlvReadings(data[one.value:one.end]); len(readings) > 0 {
			return fmt.Sprintf("LwM2M TLV /%d: %s", one.id, readings[0].text)
		}
	}
	if n == 1 {
		return fmt.Sprintf("LwM2M TLV %d B, 1 entry", len(data))
	}
	return fmt.Sprintf("LwM2M TLV %d B, %d entries", len(data), n)
}
