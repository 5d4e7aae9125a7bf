package payload

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxBignum bounds the bytes of a bignum that is shown as a number: converting takes time in the square.
const maxBignum = 128

// maxKeys bounds the keys of a map, or the names of an object, that are compared to find those which stand twice.
const maxKeys = 32

// cborPrinter lays out CBOR as diagnostic notation with encoding indicators (RFC 8949 §8), or, with json set,
// as the JSON that RFC 8949 §6.1 makes of it.
type cborPrinter struct {
	printer
	data   []byte
	err    *SyntaxError
	labels bool // integer keys are SenML labels
	tags   int  // that are open; what they have inside is not indented for it
	json   bool
}

// senmlLabels names the integer keys of SenML (RFC 8428 §6, table 4).
var senmlLabels = map[int64]string{
	-1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
	0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}

func layoutCBOR(format int, data []byte, json bool) *layout {
	p := &cborPrinter{data: data, labels: senml(format), json: json}
	items := p.sequence()
	if p.err != nil && !p.full {
		p.newline(0)
		p.emit(KindError, p.err.Error(), min(p.err.Offset, len(data)), min(p.err.Offset+1, len(data)))
		p.notice("not well-formed: " + p.err.Error())
	}
	switch {
	case len(data) == 0 && familyOf(format) == cborItem:
		p.notice("empty, where CBOR has one data item")
	case items > 1 && p.err == nil && familyOf(format) == cborItem:
		p.notice("several data items, where the Content-Format allows one (RFC 8742 has sequences)")
	}
	return p.done()
}

// sequence lays out the items of the payload, each on a line of its own or, where all is flat, separated by commas.
func (p *cborPrinter) sequence() (items int) {
	for pos := 0; pos < len(p.data) && !p.stopped(); items++ {
		if items > 0 {
			p.punct(",")
			if p.flat > 0 {
				p.emit(KindPlain, " ", 0, 0)
			}
			if p.flat == 0 {
				p.newline(0)
			}
		}
		pos = p.item(pos, 1, false)
	}
	return items
}

// Diagnostic gives CBOR, one data item or a sequence, in diagnostic notation on one line, without comments and
// without leaving anything out. [EncodeDiagnostic] makes the same bytes of it. It fails with a *[SyntaxError] where
// the bytes are not well-formed, text is not UTF-8, or items are nested deeper than 64 levels.
func Diagnostic(data []byte) (string, error) {
	p := &cborPrinter{data: data}
	p.whole, p.flat = true, 1
	p.sequence()
	switch {
	case p.err != nil:
		return "", p.err
	case p.truncated:
		return "", &SyntaxError{0, p.notes[0], nestingClause, false}
	}
	return p.line.String(), nil
}

func (p *cborPrinter) stopped() bool { return p.err != nil || p.printer.stopped() }

func (p *cborPrinter) fail(err *SyntaxError) int {
	if p.err == nil && !p.printer.stopped() {
		p.err = err
	}
	return len(p.data)
}

// item lays out the data item at pos and gives its end. Keys of maps have a colour of their own.
func (p *cborPrinter) item(pos, depth int, key bool) int {
	h, err := readHead(p.data, pos)
	if err != nil {
		return p.fail(err)
	}
	kind := func(k Kind) Kind {
		if key {
			return KindKey
		}
		return k
	}
	switch h.major {
	case majorUnsigned, majorNegative:
		p.integer(h, kind(KindNumber), key)
		return h.end
	case majorBytes, majorText:
		return p.str(h, depth, kind(KindString))
	case majorSimple:
		return p.simple(h, kind, key)
	}
	if depth > maxDepth || key && p.json {
		return p.deep(h, depth, key)
	}
	if h.major == majorTag {
		return p.tag(h, depth, key)
	}
	end := pos
	if !p.attempt(func() { end = p.container(h, depth) }) {
		p.err = nil
		end = p.container(h, depth)
	}
	return end
}

// deep passes over an item that is nested too deep, or that JSON cannot have as a key.
func (p *cborPrinter) deep(h head, depth int, key bool) int {
	data := p.data
	if p.flat > 0 && p.limit > 0 { // an attempt must not cost more than it can show
		data = data[:min(len(data), h.start+4*maxColumn)]
		if depth > maxDepth {
			data = data[:h.start]
		}
	}
	end, err := skipItem(data, h.start)
	if err != nil {
		if len(data) < len(p.data) {
			p.overflow = true
			return len(p.data)
		}
		return p.fail(err)
	}
	if depth <= maxDepth && key {
		if s, err := Diagnostic(p.data[h.start:end]); err == nil && len(s) <= maxString {
			p.emit(KindKey, quoted(s), h.start, end)
			p.notice("keys that are no text as diagnostic notation")
			return end
		}
	}
	p.emit(KindComment, "…", h.start, end)
	p.cut(fmt.Sprintf("nesting deeper than %d not shown", maxDepth))
	return end
}

func (p *cborPrinter) integer(h head, kind Kind, key bool) {
	text := strconv.FormatUint(h.argument, 10)
	label, small := "", h.argument <= math.MaxInt8
	if h.major == majorUnsigned {
		label = senmlLabels[int64(h.argument)]
	} else {
		if h.argument == math.MaxUint64 {
			text = "-18446744073709551616"
		} else {
			text = "-" + strconv.FormatUint(h.argument+1, 10)
		}
		label = senmlLabels[-1-int64(h.argument)]
	}
	named := key && p.labels && small && label != ""
	if p.json {
		if named {
			text = label
		}
		if key {
			text = `"` + text + `"`
		}
		p.emit(kind, text, h.start, h.end)
		return
	}
	p.emit(kind, text+h.indicator(), h.start, h.end)
	if named {
		p.comment("%s", label)
	}
}

func (p *cborPrinter) container(h head, depth int) (end int) {
	closing := "]"
	opening := "["
	if h.major == majorMap {
		opening, closing = "{", "}"
	}
	endless := h.info == indefinite
	space := ""
	if !p.json {
		if endless {
			opening += "_"
			space = " "
		} else if s := h.indicator(); s != "" {
			opening += s
			space = " "
		}
	}
	p.emit(KindPunctuation, opening, h.start, h.end)
	end = h.end
	inside := -1
	var keys [maxKeys][2]int
	for i := uint64(0); endless || i < h.argument; i++ {
		if p.stopped() {
			return end
		}
		if endless && end < len(p.data) && p.data[end] == breakByte {
			break
		}
		if i > 0 {
			p.punct(",")
			space = " "
		} else {
			inside = p.open()
		}
		if p.flat > 0 && space != "" {
			p.emit(KindPlain, " ", 0, 0)
		}
		if p.flat == 0 {
			p.newline(depth - p.tags)
		}
		if h.major == majorMap {
			from := end
			if end = p.item(end, depth+1, true); p.stopped() {
				return end
			}
			if i < maxKeys {
				keys[i] = [2]int{from, end}
				for _, k := range keys[:i] {
					if string(p.data[k[0]:k[1]]) == string(p.data[from:end]) {
						p.notice(fmt.Sprintf("the key at byte %d stands twice in its map (RFC 8949 §5.6)", from))
						break
					}
				}
			}
			if endless && end < len(p.data) && p.data[end] == breakByte {
				return p.fail(breakFits(true, true, end))
			}
			p.punct(": ")
		}
		end = p.item(end, depth+1, false)
	}
	if p.stopped() {
		return end
	}
	empty := end == h.end
	from := end
	if endless {
		end++
	}
	switch {
	case p.flat == 0 && !empty:
		p.newline(depth - 1 - p.tags)
		p.close(inside)
	case empty && space != "":
		p.emit(KindPlain, " ", 0, 0)
	}
	p.emit(KindPunctuation, closing, from, end)
	return end
}

func (p *cborPrinter) tag(h head, depth int, key bool) int {
	if n, end, ok := p.bignum(h); ok {
		kind := KindNumber
		if key {
			kind = KindKey
		}
		p.emit(kind, n, h.start, end)
		return end
	}
	if p.json {
		p.notice("tags left out")
		return p.item(h.end, depth+1, key)
	}
	p.emit(KindLiteral, strconv.FormatUint(h.argument, 10)+h.indicator(), h.start, h.end)
	p.punct("(")
	end, ok := 0, false
	p.tags++
	if h.argument == tagEncoded {
		end, ok = p.embedded(h.end, depth)
	}
	if !ok {
		end = p.item(h.end, depth+1, key)
	}
	p.tags--
	if p.stopped() {
		return end
	}
	p.punct(")")
	if meaning := tagMeaning(h, p.data[:end]); meaning != "" && !p.whole {
		p.comment("%s", meaning)
	}
	return end
}

// embedded shows the CBOR in a byte string as such (RFC 8949 §3.4.5.1), where it is one well-formed data item, in the
// notation of RFC 8610 Appendix G.3.
func (p *cborPrinter) embedded(pos, depth int) (end int, ok bool) {
	c, err := readHead(p.data, pos)
	if p.whole || err != nil || c.major != majorBytes || c.info == indefinite || c.indicator() != "" || c.argument == 0 || depth >= maxDepth {
		return 0, false
	}
	end = c.end + int(c.argument)
	if p.flat > 0 && p.limit > 0 && end-c.end > 4*maxColumn { // it will not fit
		p.overflow = true
		return end, true
	}
	if last, err := skipItem(p.data[:end], c.end); err != nil || last != end {
		return 0, false
	}
	p.emit(KindPunctuation, "<<", c.start, c.end)
	p.item(c.end, depth+1, false)
	p.punct(">>")
	return end, true
}

// bignum gives a bignum as a number, where it is encoded as [EncodeDiagnostic] would (RFC 8949 §3.4.3).
func (p *cborPrinter) bignum(h head) (text string, end int, ok bool) {
	if h.argument != 2 && h.argument != 3 || h.indicator() != "" {
		return "", 0, false
	}
	c, err := readHead(p.data, h.end)
	if err != nil || c.major != majorBytes || c.info == indefinite || c.indicator() != "" ||
		c.argument <= 8 || c.argument > maxBignum || p.data[c.end] == 0 {
		return "", 0, false
	}
	end = c.end + int(c.argument)
	n := new(big.Int).SetBytes(p.data[c.end:end])
	if h.argument == 3 {
		n.Not(n)
	}
	return n.String(), end, true
}

func (p *cborPrinter) simple(h head, kind func(Kind) Kind, key bool) int {
	if h.info == indefinite {
		return p.fail(breakFits(false, false, h.start))
	}
	text, k := "", kind(KindLiteral)
	switch {
	case h.info >= 25:
		text, k = p.float(h), kind(KindNumber)
	case h.argument == 20:
		text = "false"
	case h.argument == 21:
		text = "true"
	case h.argument == 22:
		text = "null"
	case h.argument == 23:
		text = "undefined"
	default:
		text = fmt.Sprintf("simple(%d)", h.argument)
	}
	if p.json {
		if strings.HasPrefix(text, "simple(") || text == "undefined" || strings.HasSuffix(text, "Infinity") || text == "NaN" {
			p.notice("values that JSON does not have as null")
			text = "null"
		}
		if key {
			text = `"` + text + `"`
		}
	}
	p.emit(k, text, h.start, h.end)
	return h.end
}

// float gives a float, with an encoding indicator where it could be shorter. A NaN with payload, for which the notation
// has no form, is given by its bits: float'7e01'.
func (p *cborPrinter) float(h head) string {
	v := floatValue(h)
	text := formatFloat(v)
	if p.json {
		return text
	}
	if math.IsNaN(v) && h.argument != [...]uint64{0x7e00, 0x7fc00000, 0x7ff8000000000000}[h.info-25] {
		return fmt.Sprintf("float'%0*x'", 2<<(h.info-24), h.argument)
	}
	if floatWidth(v) != int(h.info) {
		text += string([]byte{'_', '0' + h.info - 24})
	}
	return text
}

func floatValue(h head) float64 {
	switch h.info {
	case 25:
		return halfValue(uint16(h.argument))
	case 26:
		return float64(math.Float32frombits(uint32(h.argument)))
	}
	return math.Float64frombits(h.argument)
}
