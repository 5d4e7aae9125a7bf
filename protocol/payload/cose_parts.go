package payload

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
)

// structure lays out the elements of a COSE structure: two headers, then what its kind has (RFC 9052 §3).
func (p *cosePrinter) structure(data []byte, pos, indent, depth int, m *coseMessage) (end int) {
	h, ok := p.head(data, pos)
	if !ok {
		return len(data)
	}
	if h.major != majorArray {
		p.wrong(indent, pos, m.clause, "expected %s as array, not %s", m.name, majorName(h))
		return p.skip(data, pos)
	}
	p.dropColon()
	inside := p.open()
	defer func() { p.closeHere(inside) }()
	if depth > maxCOSEDepth {
		p.beginLine(indent)
		p.emit(KindComment, "…", h.start, h.end)
		p.cut(fmt.Sprintf("structures within structures deeper than %d are not shown", maxCOSEDepth))
		return p.skip(data, pos)
	}
	end = h.end
	want := 2 + len(m.fields)
	atEnd := func(i int) bool {
		if h.info == indefinite {
			return end < len(data) && data[end] == breakByte
		}
		return uint64(i) >= h.argument
	}
	labels, i := map[string]int{}, 0
	for ; i < want && !atEnd(i) && !p.stopped(); i++ {
		switch i {
		case 0:
			end = p.protected(data, end, indent, depth, labels)
		case 1:
			p.beginLine(indent)
			p.emit(KindKey, "unprotected", 0, 0)
			end = p.headers(data, end, indent+1, depth, labels, false)
		default:
			end = p.element(data, end, indent, depth, m.fields[i-2], m)
		}
	}
	if p.stopped() {
		return len(data)
	}
	if i < want && !(m.elastic && i == want-1) {
		missing := "the headers are"
		if i >= 2 {
			missing = "the " + coseFieldNames[m.fields[i-2]] + " is"
		}
		p.wrong(indent, pos, m.clause, "%s has %d elements, not %d: %s missing", m.name, want, i, missing)
	}
	if i == want && !atEnd(i) {
		p.wrong(indent, end, m.clause, "%s has %d elements; there are more", m.name, want)
		return p.skip(data, pos)
	}
	if h.info == indefinite {
		end++
	}
	return end
}

// protected lays out the protected header: a map in a byte string (RFC 9052 §3).
func (p *cosePrinter) protected(data []byte, pos, indent, depth int, labels map[string]int) int {
	h, ok := p.head(data, pos)
	if !ok {
		return len(data)
	}
	p.beginLine(indent)
	p.emit(KindKey, "protected", h.start, h.end)
	if h.major != majorBytes {
		p.wrong(indent+1, pos, "RFC 9052 §3", "expected the protected header as byte string, not %s", majorName(h))
		return p.skip(data, pos)
	}
	content, joined, end, err := byteString(data, h)
	if !p.good(err) {
		return len(data)
	}
	p.punct(", ")
	p.emit(KindNumber, bytesOf(len(content)), h.start, h.end)
	if len(content) == 0 {
		return end
	}
	if joined && !p.joined {
		p.joined, p.start, p.end = true, h.start, end
		defer func() { p.joined, p.start, p.end = false, 0, 0 }()
	}
	from := 0
	if !joined {
		content, from = data[:end], h.end
	}
	if inner := p.headers(content, from, indent+1, depth, labels, true); inner < len(content) && !p.stopped() {
		p.wrong(indent+1, inner, "RFC 9052 §3", "%s after the map of the protected header", bytesOf(len(content)-inner))
	}
	return end
}

// headers lays out a map of header parameters, which have to be different from those in labels.
func (p *cosePrinter) headers(data []byte, pos, indent, depth int, labels map[string]int, protected bool) int {
	h, ok := p.head(data, pos)
	if !ok {
		return len(data)
	}
	if h.major != majorMap {
		p.wrong(indent, pos, "RFC 9052 §3", "expected a map of header parameters, not %s", majorName(h))
		return p.skip(data, pos)
	}
	if !protected {
		p.punct(", ")
		p.emit(KindNumber, mapSize(h), h.start, h.end)
	}
	return p.entries(data, pos, indent, depth, coseHeaders, func(name string, n int64, isInteger bool, at, value int) {
		if first, ok := labels[name]; ok {
			p.wrong(indent+1, at, "RFC 9052 §3", "the label is already that of the parameter at byte %d", first)
		}
		labels[name] = at
		if !isInteger {
			return
		}
		_, iv := labels["5"]
		_, partial := labels["6"]
		switch {
		case (n == 5 || n == 6) && iv && partial:
			p.wrong(indent+1, at, "RFC 9052 §3.1", "IV and Partial IV must not both be in the headers of one layer")
		case n == 2 && !protected:
			p.wrong(indent+1, at, "RFC 9052 §3.1", "crit must be in the protected header")
		}
		if depth > 1 {
			return
		}
		v, _ := readHead(data, value)
		if number, ok := v.integer(); ok {
			switch {
			case n == 1 && p.algorithm == 0:
				p.algorithm = number
			case n == 3 && number >= 0 && number <= math.MaxUint16:
				p.contentType = int(number)
			}
		}
		if n == 3 && v.major == majorText && v.info != indefinite {
			p.contentType = formatOf(string(data[v.end : v.end+int(v.argument)]))
		}
	})
}

// formatOf gives the Content-Format of a media type, or NoFormat.
func formatOf(media string) int {
	for _, row := range protocol.ContentFormats() {
		if row.Coding == "" && strings.EqualFold(row.MediaType, media) {
			return int(row.Number)
		}
	}
	return NoFormat
}

func mapSize(h head) string {
	switch {
	case h.info == indefinite:
		return "a map"
	case h.argument == 0:
		return "empty"
	case h.argument == 1:
		return "1 parameter"
	}
	return strconv.FormatUint(h.argument, 10) + " parameters"
}

// labelled lays out a map with the names of its labels.
func (p *cosePrinter) labelled(data []byte, pos, indent, depth int, names map[int64]label) int {
	return p.entries(data, pos, indent, depth, names, nil)
}

// entries lays out the map at pos, a line an entry. seen is told each key, with the places of key and value, once it is shown.
func (p *cosePrinter) entries(
	data []byte, pos, indent, depth int, names map[int64]label, seen func(name string, n int64, isInteger bool, at, value int),
) (end int) {
	h, ok := p.head(data, pos)
	if !ok {
		return len(data)
	}
	if h.major != majorMap {
		p.wrong(indent, pos, "RFC 9052 §1.4", "expected a map, not %s", majorName(h))
		return p.skip(data, pos)
	}
	p.dropColon()
	inside := p.open()
	defer func() { p.closeHere(inside) }()
	end = h.end
	for i := uint64(0); (h.info == indefinite || i < h.argument) && !p.stopped(); i++ {
		if h.info == indefinite && end < len(data) && data[end] == breakByte {
			return end + 1
		}
		key, ok := p.head(data, end)
		if !ok {
			return len(data)
		}
		p.beginLine(indent)
		keyEnd := p.skip(data, end)
		n, isInteger := key.integer()
		row, text, odd := label{}, "", false
		switch {
		case p.stopped():
			return len(data)
		case isInteger:
			row, text = names[n], strconv.FormatInt(n, 10)
			if row.name != "" {
				p.emit(KindKey, row.name, end, keyEnd)
				p.emit(KindComment, " ("+text+")", end, keyEnd)
			} else {
				p.emit(KindKey, text, end, keyEnd)
			}
		case key.major == majorText && key.info != indefinite:
			text = quoted(string(data[key.end:min(keyEnd, key.end+maxString)]))
			p.emit(KindKey, text, end, keyEnd)
		default:
			p.diagnostic(data[:keyEnd], end, indent)
			odd = true
		}
		p.punct(": ")
		valueEnd := p.value(data, keyEnd, indent, depth, row.show)
		if odd && !p.stopped() {
			p.wrong(indent+1, end, "RFC 9052 §1.5", "a label is an integer or a text string, not %s", majorName(key))
		}
		if seen != nil && !p.stopped() {
			seen(text, n, isInteger, end, keyEnd)
		}
		end = valueEnd
	}
	return end
}

// key lays out a COSE_Key (RFC 9052 §7), with the parameters of its type.
func (p *cosePrinter) key(data []byte, pos, indent, depth int) int {
	names := keyLabels
	kty, ok := integerAt(data, pos, 1)
	if ok && keyTypeLabels[kty] != nil {
		names = make(map[int64]label, 16)
		for _, table := range []map[int64]label{keyLabels, keyTypeLabels[kty]} {
			for n, l := range table {
				names[n] = l
			}
		}
	}
	return p.labelled(data, pos, indent, depth, names)
}

// value lays out the value of a label, on the line that has its name or on lines below it.
func (p *cosePrinter) value(data []byte, pos, indent, depth int, show valueKind) (end int) {
	h, ok := p.head(data, pos)
	if !ok {
		return len(data)
	}
	if end = p.skip(data, pos); p.stopped() {
		return len(data)
	}
	if depth > maxCOSEDepth {
		show = asCBOR
	}
	n, isInteger := h.integer()
	named := func(names map[int64]string) bool {
		if !isInteger || names[n] == "" {
			return false
		}
		p.emit(KindLiteral, names[n], h.start, h.end)
		p.emit(KindComment, fmt.Sprintf(" (%d)", n), h.start, h.end)
		return true
	}
	switch {
	case show == asAlgorithm && named(coseAlgorithms), show == asKeyType && named(keyTypes), show == asCurve && named(curves):
		return end
	case show == asContentType && h.major == majorUnsigned && h.argument <= math.MaxUint16:
		p.emit(KindLiteral, formatWords(int(h.argument)), h.start, h.end)
		return end
	case show == asTime && p.time(data, h):
		return end
	case (show == asLabels || show == asKeyOps) && h.major == majorArray:
		p.names(data, h, show, indent)
		return end
	case show == asKey && h.major == majorMap:
		return p.key(data, pos, indent+1, depth+1)
	case show == asConfirm && h.major == majorMap:
		return p.labelled(data, pos, indent+1, depth+1, confirmations)
	case show == asClaims && h.major == majorMap:
		return p.labelled(data, pos, indent+1, depth+1, cwtClaims)
	case show == asEncrypted && h.major == majorArray:
		m := coseByName("COSE_Encrypt0")
		if elements, _, err := arrayElements(data, pos, 5); err == nil && len(elements) == 4 {
			m = coseByName("COSE_Encrypt")
		}
		p.emit(KindLiteral, m.name, h.start, h.end)
		return p.structure(data, pos, indent+1, depth+1, m)
	case show == asSignature && h.major == majorArray:
		if first, err := readHead(data, h.end); err == nil && first.major == majorArray {
			return p.list(data, pos, indent+1, depth, &coseCounter)
		}
		return p.structure(data, pos, indent+1, depth+1, &coseCounter)
	case h.major == majorBytes && h.info != indefinite:
		content := data[h.end:end]
		if len(content) == 0 || len(content) > maxColumn || !printable(content) {
			p.printer.hexBytes(content, indent+1, p.shift(h.end))
			return end
		}
		p.emit(KindString, quoted(string(content)), h.end, end)
		if len(content) <= hexWidth/2 {
			p.emit(KindComment, fmt.Sprintf("  h'%x'", content), h.end, end)
		}
		return end
	}
	p.diagnostic(data[:end], pos, indent+1)
	return end
}

// time shows seconds since 1970 with their date (RFC 8392 §2, NumericDate).
func (p *cosePrinter) time(data []byte, h head) bool {
	seconds := 0.0
	switch n, isInteger := h.integer(); {
	case isInteger:
		seconds = float64(n)
		p.emit(KindNumber, strconv.FormatInt(n, 10), h.start, h.end)
	case h.major == majorSimple && h.info >= 25 && h.info <= 27:
		seconds = floatValue(h)
		p.emit(KindNumber, strconv.FormatFloat(seconds, 'f', -1, 64), h.start, h.end)
	default:
		return false
	}
	if seconds >= 0 && seconds <= 253402300799 { // the end of year 9999
		whole := math.Floor(seconds)
		date := time.Unix(int64(whole), int64((seconds-whole)*1e9)).UTC().Format(time.RFC3339Nano)
		p.emit(KindComment, ", "+date, h.start, h.end)
	}
	return true
}

// names shows an array of labels or operations by their names.
func (p *cosePrinter) names(data []byte, h head, show valueKind, indent int) {
	elements, _, _ := arrayElements(data, h.start, 100)
	p.emit(KindPunctuation, "[", h.start, h.end)
	for i, at := range elements {
		if i > 0 {
			p.punct(", ")
		}
		e, ok := p.head(data, at)
		if !ok {
			return
		}
		n, isInteger := e.integer()
		name := keyOps[n]
		if show == asLabels {
			name = coseHeaders[n].name
		}
		if isInteger && name != "" {
			p.emit(KindLiteral, name, e.start, e.end)
			p.emit(KindComment, fmt.Sprintf(" (%d)", n), e.start, e.end)
			continue
		}
		end := p.skip(data, at)
		p.diagnostic(data[:end], at, indent+1)
	}
	if len(elements) == 100 {
		p.punct(", …")
		p.cut("only the first 100 labels are shown")
	}
	p.punct("]")
}

// diagnostic shows an item, which ends where data does, in diagnostic notation.
func (p *cosePrinter) diagnostic(data []byte, pos, indent int) {
	l := layoutCBOR(NoFormat, data[pos:], false)
	shift := p.shift(pos)
	for i, line := range l.lines {
		if i >= maxNestedLines {
			p.cut(fmt.Sprintf("only the first %d lines of a value are shown", maxNestedLines))
			break
		}
		if i > 0 {
			p.newline(indent)
		}
		for _, s := range line {
			if s.Start != 0 || s.End != 0 {
				s.Start, s.End = shift(s.Start, s.End)
			}
			p.printer.emit(s.Kind, s.Text, s.Start, s.End)
		}
	}
	if l.note != "" {
		p.notice(l.note)
	}
	p.truncated = p.truncated || l.truncated
}

// element lays out what follows the headers.
func (p *cosePrinter) element(data []byte, pos, indent, depth int, f coseField, m *coseMessage) (end int) {
	name := coseFieldNames[f]
	h, ok := p.head(data, pos)
	if !ok {
		return len(data)
	}
	p.beginLine(indent)
	p.emit(KindKey, name, h.start, h.end)
	if f == recipientsField || f == signaturesField {
		inner := &coseRecipient
		if f == signaturesField {
			inner = &coseSignature
		}
		return p.list(data, pos, indent+1, depth, inner)
	}
	switch mayBeNil := f == ciphertextField || f == payloadField; {
	case mayBeNil && h.major == majorSimple && h.info == 22:
		p.punct(": ")
		p.emit(KindLiteral, "nil", h.start, h.end)
		p.emit(KindComment, ", detached: it is transported by itself", 0, 0)
		return h.end
	case h.major != majorBytes && mayBeNil:
		p.wrong(indent+1, pos, m.clause, "expected the %s as byte string or nil, not %s", name, majorName(h))
		return p.skip(data, pos)
	case h.major != majorBytes:
		p.wrong(indent+1, pos, m.clause, "expected the %s as byte string, not %s", name, majorName(h))
		return p.skip(data, pos)
	}
	content, joined, end, err := byteString(data, h)
	if !p.good(err) {
		return len(data)
	}
	from := h.end
	if joined || p.joined {
		from = -1
	}
	p.punct(", ")
	p.emit(KindNumber, bytesOf(len(content)), h.start, h.end)
	if len(content) == 0 {
		return end
	}
	p.dropColon()
	inside := p.open()
	defer func() { p.closeHere(inside) }()
	if f == payloadField {
		p.content(content, indent+1, from, pos, end)
		return end
	}
	p.punct(": ")
	shift := at(from)
	if from < 0 {
		shift = all(pos, end)
	}
	p.printer.hexBytes(content, indent+1, shift)
	return end
}

// list lays out recipients or signatures.
func (p *cosePrinter) list(data []byte, pos, indent, depth int, m *coseMessage) (end int) {
	h, ok := p.head(data, pos)
	if !ok {
		return len(data)
	}
	if h.major != majorArray {
		p.wrong(indent, pos, m.clause, "expected an array of each %s, not %s", m.name, majorName(h))
		return p.skip(data, pos)
	}
	p.dropColon()
	inside := p.open()
	defer func() { p.closeHere(inside) }()
	end = h.end
	for i := uint64(0); (h.info == indefinite || i < h.argument) && !p.stopped(); i++ {
		if h.info == indefinite && end < len(data) && data[end] == breakByte {
			return end + 1
		}
		p.beginLine(indent)
		p.emit(KindLiteral, fmt.Sprintf("%s %d", m.name, i+1), 0, 0)
		end = p.structure(data, end, indent+1, depth+1, m)
	}
	return end
}

// content shows a payload that is not encrypted: the claims of a token, or by its own best view.
func (p *cosePrinter) content(content []byte, indent, from, start, end int) {
	format := p.contentType
	m, _ := sniffedMessage(content)
	if format == NoFormat && m == nil && (p.token || likelyClaims(content)) {
		if h, err := readHead(content, 0); err == nil && h.major == majorMap {
			p.emit(KindComment, " as CWT claims", 0, 0)
			inner := &cosePrinter{data: content, within: p.within, contentType: NoFormat}
			if stop := inner.labelled(content, 0, 0, 1, cwtClaims); stop < len(content) && inner.err == nil {
				inner.wrong(0, stop, "RFC 8392 §2", "%s after the claims", bytesOf(len(content)-stop))
			}
			if inner.err != nil {
				inner.mistake(0, inner.err, len(content))
			}
			l := inner.done()
			shift := at(from)
			if from < 0 {
				shift = all(start, end)
			}
			p.embed(l, indent, shift)
			if l.note != "" {
				p.notice("payload: " + l.note)
			}
			return
		}
	}
	p.nested(p.within, format, content, indent, from, start, end, "payload")
}

// likelyClaims says whether a payload is a map that has registered claims of the right types, two or more, and nothing
// that speaks against them.
func likelyClaims(data []byte) bool {
	h, err := readHead(data, 0)
	if err != nil || h.major != majorMap || h.argument > 64 {
		return false
	}
	elements, pos := 0, h.end
	for i := uint64(0); i < h.argument && h.info != indefinite; i++ {
		key, err := readHead(data, pos)
		if err != nil {
			return false
		}
		if pos, err = skipItem(data, pos); err != nil {
			return false
		}
		value, err := readHead(data, pos)
		if err != nil {
			return false
		}
		if pos, err = skipItem(data, pos); err != nil {
			return false
		}
		n, ok := key.integer()
		if !ok {
			continue
		}
		number := value.major <= majorNegative || value.major == majorSimple && value.info >= 25
		switch {
		case n >= 1 && n <= 3 && value.major == majorText, n >= 4 && n <= 6 && number:
			elements++
		case n >= 1 && n <= 6:
			return false
		}
	}
	return elements > 0 && pos == len(data) && (elements > 1 || h.argument == 1)
}
