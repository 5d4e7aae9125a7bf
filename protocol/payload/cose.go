package payload

import (
	"fmt"
	"math"
)

// Tags of CBOR that are met around COSE (RFC 8392 §6, RFC 8949 §3.4.6).
const (
	tagCWT          = 61
	tagSelfDescribe = 55799
)

// Content-Formats of keys and tokens (RFC 9052 §11.3, RFC 8392 §9.3).
const (
	formatCWT    = 61
	formatKey    = 101
	formatKeySet = 102
)

// maxCOSEDepth bounds structures within structures, such as recipients of recipients.
const maxCOSEDepth = 8

// cosePrinter lays out COSE structures (RFC 9052) and CWT (RFC 8392) in words.
type cosePrinter struct {
	printer
	data   []byte
	within nesting
	err    *SyntaxError // the CBOR is not well-formed; nothing more can be read

	joined     bool // what is read are the chunks of a byte string; spans are those of the string
	start, end int  // of the string

	message     *coseMessage // the outermost one
	algorithm   int64        // of its headers
	contentType int          // by its headers; NoFormat for none
	token       bool         // a CWT, so that its payload are claims
}

// layoutCOSE shows what a COSE structure says, with the names of labels and algorithms.
func layoutCOSE(n nesting, format int, data []byte) *layout {
	p := &cosePrinter{data: data, within: n, contentType: NoFormat}
	if len(data) == 0 {
		p.notice("empty, where COSE has one data item (RFC 9052 §2)")
		return p.done()
	}
	if end := p.top(format); p.err == nil && end < len(data) && !p.stopped() {
		p.wrong(0, end, "RFC 9052 §2", "%s after the structure", bytesOf(len(data)-end))
	}
	if p.err != nil && !p.printer.stopped() {
		p.mistake(0, p.err, len(data))
		p.notes[len(p.notes)-1] = "not well-formed: " + p.err.Error()
	}
	return p.done()
}

func (p *cosePrinter) stopped() bool { return p.err != nil || p.printer.stopped() }

// emit adds a span, whose bytes are those of the string where its chunks had to be joined.
func (p *cosePrinter) emit(kind Kind, text string, start, end int) {
	if p.joined && (start != 0 || end != 0) {
		start, end = p.start, p.end
	}
	p.printer.emit(kind, text, start, end)
}

func (p *cosePrinter) shift(offset int) func(int, int) (int, int) {
	if p.joined {
		return all(p.start, p.end)
	}
	return at(offset)
}

// wrong shows what breaks COSE, though it is CBOR.
func (p *cosePrinter) wrong(indent, offset int, clause, format string, args ...any) {
	if p.joined {
		offset = p.start
	}
	p.mistake(indent, &SyntaxError{Offset: offset, Problem: fmt.Sprintf(format, args...), Reference: clause}, len(p.data))
}

// head reads the head of an item, and remembers the mistake where that is not possible.
func (p *cosePrinter) head(data []byte, pos int) (head, bool) {
	if p.stopped() {
		return head{}, false
	}
	h, err := readHead(data, pos)
	if err == nil && h.major == majorSimple && h.info == indefinite {
		err = breakFits(false, false, pos)
	}
	return h, p.good(err)
}

func (p *cosePrinter) good(err *SyntaxError) bool {
	if err == nil {
		return true
	}
	if p.joined {
		err = &SyntaxError{Offset: p.start, Problem: "in the string: " + err.Error(), Reference: "RFC 9052 §3"}
	}
	if p.err == nil {
		p.err = err
	}
	return false
}

// skip gives the end of the item at pos.
func (p *cosePrinter) skip(data []byte, pos int) int {
	if p.stopped() {
		return len(data)
	}
	end, err := skipItem(data, pos)
	if !p.good(err) {
		return len(data)
	}
	return end
}

// top lays out the payload: a structure by its tag, by the Content-Format, or by what it looks like.
func (p *cosePrinter) top(format int) (end int) {
	pos := 0
	p.token = format == formatCWT
	var m *coseMessage
	for depth := 0; ; depth++ {
		h, ok := p.head(p.data, pos)
		if !ok {
			return len(p.data)
		}
		if h.major != majorTag || depth == maxCOSEDepth {
			break
		}
		switch tagged := coseByTag(h.argument); {
		case m != nil:
			return p.other(pos, "expected an array, not a tag")
		case tagged != nil:
			m = tagged
			p.emit(KindLiteral, m.name, h.start, h.end)
			p.emit(KindComment, fmt.Sprintf(", tag %d", h.argument), h.start, h.end)
		case h.argument == tagCWT:
			p.token = true
			p.emit(KindLiteral, "CWT", h.start, h.end)
			p.emit(KindComment, ", tag 61: ", h.start, h.end)
		case h.argument == tagSelfDescribe:
			p.emit(KindComment, "CBOR, tag 55799: ", h.start, h.end)
		default:
			return p.other(pos, fmt.Sprintf("tag %d is none of COSE", h.argument))
		}
		pos = h.end
	}
	h, _ := p.head(p.data, pos)
	switch {
	case m == nil && h.major == majorMap && format == formatCWT:
		p.emit(KindLiteral, "CWT Claims Set", h.start, h.end)
		p.emit(KindComment, ", not protected by COSE", 0, 0)
		return p.labelled(p.data, pos, 1, 1, cwtClaims)
	case m == nil && h.major == majorMap && coseByFormat(format) == nil:
		p.emit(KindLiteral, "COSE_Key", h.start, h.end)
		return p.key(p.data, pos, 1, 1)
	case m == nil && h.major == majorArray && (format == formatKeySet || p.firstIs(h, majorMap)):
		return p.keySet(h)
	case h.major != majorArray:
		return p.other(pos, "expected an array, not "+majorName(h))
	case m != nil && m.format != format && coseByFormat(format) != nil:
		p.wrong(1, 0, "RFC 9052 §2", "the tag is that of %s, the Content-Format that of %s", m.name, coseByFormat(format).name)
	case m == nil:
		if m = coseByFormat(format); m == nil {
			if m = p.guess(pos); m == nil {
				return p.other(pos, "expected an array of 3 to 5 elements")
			}
			p.emit(KindComment, "without tag, taken for ", 0, 0)
		}
		p.emit(KindLiteral, m.name, h.start, h.end)
	}
	p.message = m
	return p.structure(p.data, pos, 1, 1, m)
}

func coseByFormat(format int) *coseMessage {
	for i := range coseMessages {
		if coseMessages[i].format == format {
			return &coseMessages[i]
		}
	}
	return nil
}

// other shows an item that is no COSE structure as CBOR.
func (p *cosePrinter) other(pos int, problem string) int {
	p.wrong(0, pos, "RFC 9052 §2", "%s", problem)
	end := p.skip(p.data, pos)
	if p.err == nil {
		p.beginLine(1)
		p.diagnostic(p.data[:end], pos, 1)
	}
	return end
}

func (p *cosePrinter) firstIs(h head, major byte) bool {
	first, err := readHead(p.data, h.end)
	return err == nil && first.major == major
}

// guess takes an array without tag for the structure that it looks like; it is what the application knows.
func (p *cosePrinter) guess(pos int) *coseMessage {
	elements, _, err := arrayElements(p.data, pos, 6)
	if err != nil {
		return nil
	}
	last, algorithm := head{}, coseAlgorithm(p.data, pos)
	if len(elements) > 0 {
		last, _ = readHead(p.data, elements[len(elements)-1])
	}
	switch {
	case len(elements) == 3:
		return coseByName("COSE_Encrypt0")
	case len(elements) == 4 && last.major == majorArray && algorithm > 0:
		return coseByName("COSE_Encrypt")
	case len(elements) == 4 && last.major == majorArray:
		return coseByName("COSE_Sign")
	case len(elements) == 4 && isMAC(algorithm):
		return coseByName("COSE_Mac0")
	case len(elements) == 4:
		return coseByName("COSE_Sign1")
	case len(elements) == 5:
		return coseByName("COSE_Mac")
	}
	return nil
}

// arrayElements gives where the elements of the array at pos begin, of many only the first, and where it ends.
func arrayElements(data []byte, pos, most int) (elements []int, end int, err *SyntaxError) {
	h, err := readHead(data, pos)
	if err != nil {
		return nil, pos, err
	}
	end = h.end
	for i := uint64(0); h.info == indefinite || i < h.argument; i++ {
		if h.info == indefinite && end < len(data) && data[end] == breakByte {
			return elements, end + 1, nil
		}
		if len(elements) == most {
			return elements, end, nil
		}
		elements = append(elements, end)
		if end, err = skipItem(data, end); err != nil {
			return elements, end, err
		}
	}
	return elements, end, nil
}

// coseAlgorithm gives the algorithm of the headers of the structure at pos, or 0.
func coseAlgorithm(data []byte, pos int) int64 {
	elements, _, err := arrayElements(data, pos, 2)
	if err != nil {
		return 0
	}
	for _, at := range elements {
		h, err := readHead(data, at)
		if err != nil {
			return 0
		}
		content, from := data, at
		if h.major == majorBytes {
			if content, _, _, err = byteString(data, h); err != nil || len(content) == 0 {
				continue
			}
			from = 0
		}
		if v, ok := integerAt(content, from, 1); ok {
			return v
		}
	}
	return 0
}

// integerAt gives the integer that a map at pos has for a label.
func integerAt(data []byte, pos int, label int64) (int64, bool) {
	h, err := readHead(data, pos)
	if err != nil || h.major != majorMap {
		return 0, false
	}
	at := h.end
	for i := uint64(0); h.info == indefinite || i < h.argument; i++ {
		key, err := readHead(data, at)
		if err != nil {
			return 0, false
		}
		if at, err = skipItem(data, at); err != nil {
			return 0, false
		}
		if n, ok := key.integer(); ok && n == label {
			value, err := readHead(data, at)
			if err != nil {
				return 0, false
			}
			return value.integer()
		}
		if at, err = skipItem(data, at); err != nil {
			return 0, false
		}
	}
	return 0, false
}

// integer gives the value of an integer that is small enough for one.
func (h head) integer() (int64, bool) {
	switch {
	case h.argument > math.MaxInt64:
	case h.major == majorUnsigned:
		return int64(h.argument), true
	case h.major == majorNegative:
		return -1 - int64(h.argument), true
	}
	return 0, false
}

// keySet lays out a COSE_KeySet (RFC 9052 §7).
func (p *cosePrinter) keySet(h head) int {
	p.emit(KindLiteral, "COSE_KeySet", h.start, h.end)
	end := h.end
	for i := uint64(0); (h.info == indefinite || i < h.argument) && !p.stopped(); i++ {
		if h.info == indefinite && end < len(p.data) && p.data[end] == breakByte {
			return end + 1
		}
		p.beginLine(1)
		p.emit(KindComment, fmt.Sprintf("key %d", i+1), 0, 0)
		inside := p.open()
		end = p.key(p.data, end, 2, 1)
		p.closeHere(inside)
	}
	return end
}

// sniffCOSE finds the tags of COSE in front of an array.
func sniffCOSE(data []byte) rank {
	if m, _ := sniffedMessage(data); m == nil || !fits(cborItem, data) {
		return never
	}
	return special
}

// sniffedMessage gives the structure by its tags, and whether it is said to be a CWT.
func sniffedMessage(data []byte) (m *coseMessage, token bool) {
	pos := 0
	for range 3 {
		h, err := readHead(data, pos)
		if err != nil || h.major != majorTag {
			return nil, token
		}
		pos = h.end
		if m = coseByTag(h.argument); m != nil {
			break
		}
		if h.argument != tagCWT && h.argument != tagSelfDescribe {
			return nil, false
		}
		token = token || h.argument == tagCWT
	}
	if h, err := readHead(data, pos); err != nil || h.major != majorArray {
		return nil, token
	}
	return m, token
}

// checkCOSE compares the tag and the number of elements with the Content-Format.
func checkCOSE(format int, data []byte) string {
	pos := 0
	var m *coseMessage
	for range 3 {
		h, err := readHead(data, pos)
		if err != nil {
			return "" // that is CBOR's
		}
		if h.major != majorTag {
			break
		}
		if t := coseByTag(h.argument); t != nil {
			m = t
		}
		pos = h.end
	}
	h, err := readHead(data, pos)
	declared := coseByFormat(format)
	report := func(at int, clause, format string, args ...any) string {
		return (&SyntaxError{Offset: at, Problem: fmt.Sprintf(format, args...), Reference: clause}).Error()
	}
	switch {
	case err != nil:
		return ""
	case format == formatKey && h.major != majorMap:
		return report(pos, "RFC 9052 §7", "expected a COSE_Key as map, not %s", majorName(h))
	case format == formatKeySet && h.major != majorArray:
		return report(pos, "RFC 9052 §7", "expected a COSE_KeySet as array, not %s", majorName(h))
	case declared == nil:
		return ""
	case m != nil && m != declared:
		return report(0, "RFC 9052 §2", "the tag is that of %s, the Content-Format that of %s", m.name, declared.name)
	case h.major != majorArray:
		return report(pos, declared.clause, "expected %s as array, not %s", declared.name, majorName(h))
	case h.info != indefinite && h.argument != uint64(2+len(declared.fields)):
		return report(pos, declared.clause, "%s has %d elements, not %d", declared.name, 2+len(declared.fields), h.argument)
	}
	return ""
}

// summarizeCOSE gives the structure and its algorithm.
func summarizeCOSE(data []byte) string {
	m, token := sniffedMessage(data)
	name, pos := "COSE", 0
	for {
		h, err := readHead(data, pos)
		if err != nil || h.major != majorTag {
			break
		}
		pos = h.end
	}
	switch h, err := readHead(data, pos); {
	case m != nil && token:
		name = "CWT " + m.name
	case m != nil:
		name = m.name
	case err == nil && h.major == majorMap:
		return "" // as CBOR
	}
	if name == "COSE" {
		return fmt.Sprintf("%s %d B", name, len(data))
	}
	if n := coseAlgorithm(data, pos); coseAlgorithms[n] != "" {
		return fmt.Sprintf("%s %d B %s", name, len(data), coseAlgorithms[n])
	}
	return fmt.Sprintf("%s %d B", name, len(data))
}
