package payload

import (
	"fmt"
	"strconv"
	"strings"

	"coapscope/protocol"
)

const problemClause = "RFC 9290 §2"

// problemKeys are the standard entries of concise problem details (RFC 9290 §2, §3.1.1), by -1-n.
var problemKeys = [...]string{
	"title", "detail", "instance", "response-code", "base-uri", "base-lang", "base-rtl", "unprocessed-coap-option",
}

// problemPrinter lays out problem details: those of CBOR (RFC 9290), or those of JSON (RFC 9457).
type problemPrinter struct {
	scan
	table    *table
	folds    []fold
	mistakes int
	notes    []string
}

// layoutProblem shows the entries of problem details in words, those of its own below the name of whom they belong to.
func layoutProblem(format int, data []byte) *layout {
	p := &problemPrinter{scan: scan{data: data, cbor: problemIsCBOR(format, data)}}
	p.table = newTable(Column{Title: "Entry"}, Column{Title: "Value"})
	c, ok := p.enter(mapForm)
	if !ok && p.err == nil {
		p.mistake(p.pos, p.pos+1, "problem details are a map (%s)", problemClause)
	}
	seen := map[string]bool{}
	entries := 0
	for ok && p.more(&c) {
		if p.table.full {
			p.notes = append(p.notes, fmt.Sprintf("only the first %d lines are shown", maxRows))
			break
		}
		entries++
		k := p.key()
		if p.err != nil {
			break
		}
		name := keyName(k)
		if p.cbor && k.form == numberForm && k.integer && k.number < 0 && k.number >= -float64(len(problemKeys)) {
			name = problemKeys[int(-1-k.number)]
		}
		if len(seen) < maxFields && seen[name] {
			p.mistake(k.start, k.end, "%s stands twice", name)
		}
		seen[name] = true
		if p.cbor {
			p.entry(k, name)
		} else {
			p.member(k)
		}
	}
	switch {
	case p.err != nil:
		p.mistake(p.err.Offset, p.err.Offset+1, "%s (%s)", p.err.Problem, p.err.Reference)
	case ok && entries == 0 && p.cbor:
		p.mistake(0, len(data), "the map has no entry (%s)", problemClause)
	case ok && !p.table.full:
		if rest := skipRest(&p.scan); rest < len(data) {
			p.mistake(rest, len(data), "%s after the problem details", count(len(data)-rest, "byte"))
		}
	}
	if p.mistakes > 0 {
		p.notes = append([]string{count(p.mistakes, "mistake")}, p.notes...)
	}
	l := p.table.layout(strings.Join(p.notes, "; "), p.table.full)
	l.folds = p.folds
	return l
}

// problemIsCBOR says which of the two forms it is, also where the Content-Format says nothing about it.
func problemIsCBOR(format int, data []byte) bool {
	if format == int(protocol.ConciseProblemDetails) {
		return len(data) == 0 || data[0] != '{'
	}
	at := skipSpace(data, 0)
	return at < len(data) && data[at] != '{'
}

func (p *problemPrinter) mistake(start, end int, format string, args ...any) {
	start = min(start, len(p.data))
	p.mistakes++
	text := fmt.Sprintf("byte %d: ", start) + visible([]byte(fmt.Sprintf(format, args...)))
	p.table.over(Span{text, KindError, start, max(start, min(end, len(p.data)))})
}

// entry shows an entry of a concise problem details data item.
func (p *problemPrinter) entry(k item, name string) {
	v := p.value()
	if p.err != nil {
		return
	}
	if k.form != numberForm || !k.integer || k.number >= 0 {
		p.custom(k, name, v)
		return
	}
	kind := KindKey
	label := name
	if name == keyName(k) {
		label += " (not registered)"
		kind = KindLiteral
	}
	cell, want := p.standard(name, v)
	p.table.row(Line{{label, kind, k.start, k.end}}, cell)
	if want != "" {
		p.mistake(v.start, v.end, "%s is %s, not %s (%s)", name, want, v.form, problemClause)
	}
}

// standard gives the cell of a standard entry (RFC 9290 §2), and what was expected where it has another form.
func (p *problemPrinter) standard(name string, v item) (cell Line, want string) {
	one := func(kind Kind, text string) Line { return Line{{cut(visible([]byte(text))), kind, v.start, v.end}} }
	switch name {
	case "title", "detail":
		if v.form == textForm {
			return one(KindString, v.text), ""
		}
		if line, ok := p.tagged(v); ok {
			return line, ""
		}
		want = "a text, or one with its language (tag 38)"
	case "instance", "base-uri", "base-lang":
		if v.form == textForm {
			return one(KindString, v.text), ""
		}
		want = "a text"
	case "response-code":
		if v.form == numberForm && v.integer && v.number >= 0 && v.number <= 255 {
			code := protocol.Code(v.number)
			return append(one(KindNumber, code.String()), Span{"  " + strconv.Itoa(int(code)), KindComment, v.start, v.end}), ""
		}
		want = "a code from 0 to 255"
	case "base-rtl":
		if v.form == boolForm || v.form == nullForm {
			return one(KindLiteral, direction(v)), ""
		}
		want = "true, false or null"
	case "unprocessed-coap-option":
		if line, ok := p.optionNumbers(v); ok {
			return line, ""
		}
		want = "an option number, or an array of them"
	}
	return p.diagnostic(v), want
}

// diagnostic shows a value as diagnostic notation, or JSON, on one line.
func (p *problemPrinter) diagnostic(v item) Line {
	if !p.cbor {
		q := &jsonPrinter{data: p.data[:v.end], pos: v.start}
		q.flat, q.limit = 1, maxString
		q.value(1, false)
		return q.clipped(v)
	}
	q := &cborPrinter{data: p.data[:v.end]}
	q.flat, q.limit = 1, maxString
	q.item(v.start, 1, false)
	return q.clipped(v)
}

// clipped gives the line laid out so far, with a sign where that is not the whole.
func (p *printer) clipped(v item) Line {
	if p.overflow {
		return append(p.line, Span{"…", KindComment, v.start, v.end})
	}
	return p.line
}

// tagged reads a text with a language (RFC 9290 Appendix A): [language, text] or [language, text, direction], tagged 38.
func (p *problemPrinter) tagged(v item) (Line, bool) {
	h, err := readHead(p.data, v.start)
	if err != nil || h.major != majorTag || h.argument != 38 {
		return nil, false
	}
	s := &scan{data: p.data[:v.end], cbor: true, pos: h.end}
	c, ok := s.enter(listForm)
	if !ok {
		return nil, false
	}
	var parts []item
	for s.more(&c) && len(parts) < 4 {
		parts = append(parts, s.value())
	}
	if s.err != nil || len(parts) < 2 || len(parts) > 3 || parts[0].form != textForm || parts[1].form != textForm {
		return nil, false
	}
	line := Line{
		{cut(visible([]byte(parts[1].text))), KindString, parts[1].start, parts[1].end},
		{"  " + cut(visible([]byte(parts[0].text))), KindComment, parts[0].start, parts[0].end},
	}
	if len(parts) == 3 {
		line = append(line, Span{", " + direction(parts[2]), KindComment, parts[2].start, parts[2].end})
	}
	return line, true
}

func direction(v item) string {
	switch {
	case v.form == boolForm && v.truth:
		return "right to left"
	case v.form == boolForm:
		return "left to right"
	}
	return "direction from the text"
}

// optionNumbers names the options of an entry unprocessed-coap-option.
func (p *problemPrinter) optionNumbers(v item) (Line, bool) {
	var line Line
	add := func(n item) bool {
		if n.form != numberForm || !n.integer || n.number < 0 || n.number > 0xffff {
			return false
		}
		if len(line) > 0 {
			line = append(line, Span{Text: ", ", Kind: KindPunctuation})
		}
		text := strconv.Itoa(int(n.number))
		if name := protocol.OptionNumber(n.number).String(); name != text {
			text = name + " (" + text + ")"
		}
		line = append(line, Span{text, KindNumber, n.start, n.end})
		return true
	}
	if v.form == numberForm {
		return line, add(v) && len(line) > 0
	}
	s := &scan{data: p.data[:v.end], cbor: true, pos: v.start}
	c, ok := s.enter(listForm)
	for n := 0; ok && s.more(&c); n++ {
		if n == maxFields {
			line = append(line, Span{", …", KindComment, v.start, v.end})
			break
		}
		if !add(s.value()) {
			return nil, false
		}
	}
	return line, ok && s.err == nil && len(line) > 0
}

// custom shows an entry of an application: a map below a URI or a registered number (RFC 9290 §3.2).
func (p *problemPrinter) custom(k item, name string, v item) {
	s := &scan{data: p.data[:v.end], cbor: true, pos: v.start}
	c, ok := s.enter(mapForm)
	head := Line{{cut(visible([]byte(name))), KindLiteral, k.start, k.end}}
	badKey := func() {
		switch {
		case k.form == textForm && !strings.Contains(k.text, ":"):
			p.mistake(k.start, k.end, "the key %s is neither a number nor an absolute URI (RFC 9290 §3.2)", quoted(cut(name)))
		case k.form != textForm && !(k.form == numberForm && k.integer):
			p.mistake(k.start, k.end, "a key is an integer or a URI, not %s (%s)", k.form, problemClause)
		}
	}
	if !ok {
		p.table.row(head, p.diagnostic(v))
		badKey()
		p.mistake(v.start, v.end, "the entry of an application is a map, not %s (RFC 9290 §3.2)", v.form)
		return
	}
	open := len(p.table.rows)
	p.table.row(head, Line{{"of the application", KindComment, v.start, v.end}})
	badKey()
	inner := 0
	for ; s.more(&c) && !p.table.full; inner++ {
		key := s.key()
		value := s.value()
		if s.err != nil {
			return
		}
		p.table.row(append(Line{{Text: "  "}}, Span{cut(visible([]byte(keyName(key)))), KindKey, key.start, key.end}), p.diagnostic(value))
	}
	if inner == 0 {
		p.mistake(v.start, v.end, "the map of an application has no entry (%s)", problemClause)
		return
	}
	p.folds = append(p.folds, fold{open, len(p.table.rows)})
}

func keyName(k item) string {
	switch k.form {
	case textForm:
		return k.text
	case numberForm:
		return numberText(k.number)
	}
	return k.form.String()
}

// member shows a member of problem details in JSON (RFC 9457 §3.1).
func (p *problemPrinter) member(k item) {
	v := p.value()
	if p.err != nil {
		return
	}
	want, known := map[string]form{
		"type": textForm, "title": textForm, "status": numberForm, "detail": textForm, "instance": textForm,
	}[k.text]
	cell := p.diagnostic(v)
	if v.form == textForm {
		cell = Line{{cut(visible([]byte(v.text))), KindString, v.start, v.end}}
	}
	kind := KindLiteral
	if known {
		kind = KindKey
	}
	p.table.row(Line{{cut(visible([]byte(k.text))), kind, k.start, k.end}}, cell)
	if known && v.form != want {
		p.mistake(v.start, v.end, "%s is %s, not %s (RFC 9457 §3.1)", k.text, want, v.form)
	}
}

// sniffProblem recognises problem details: in CBOR by keys that are all standard ones, with a title or a detail; in JSON
// by a title with a status or a detail.
func sniffProblem(data []byte) rank {
	at := skipSpace(data, 0)
	if at == len(data) || data[at] != '{' && data[0]>>5 != majorMap {
		return never
	}
	s := &scan{data: data, cbor: data[at] != '{'}
	c, ok := s.enter(mapForm)
	if !ok {
		return never
	}
	has := map[string]bool{}
	for n := 0; s.more(&c); n++ {
		k := s.key()
		v := s.value()
		if n == maxFields || s.err != nil {
			return never
		}
		switch {
		case s.cbor && k.form == numberForm && k.integer && k.number < 0 && k.number >= -float64(len(problemKeys)):
			_, tagged := (&problemPrinter{scan: *s}).tagged(v)
			if k.number >= -2 && v.form != textForm && !tagged {
				return never
			}
			has[problemKeys[int(-1-k.number)]] = true
		case s.cbor:
			if k.form != textForm || v.form != mapForm {
				return never
			}
		default:
			want := textForm
			if k.text == "status" {
				want = numberForm
			}
			has[k.text] = v.form == want
		}
	}
	switch {
	case s.err != nil || s.pos < len(data) && skipRest(s) < len(data):
		return never
	case s.cbor && (has["title"] || has["detail"]), !s.cbor && has["title"] && (has["status"] || has["detail"]) && fits(jsonText, data):
		return special
	}
	return never
}

// checkProblem says where concise problem details are none.
func checkProblem(_ int, data []byte) string {
	s := &scan{data: data, cbor: true}
	if _, ok := s.enter(mapForm); ok {
		return ""
	}
	return "byte 0: problem details are a map (" + problemClause + ")"
}

// summarizeProblem gives the title of problem details, or else the detail, and the response code.
func summarizeProblem(data []byte) string {
	p := &problemPrinter{scan: scan{data: data, cbor: true}}
	c, ok := p.enter(mapForm)
	found := map[string]string{}
	for n := 0; ok && n < maxKeys && p.more(&c); n++ {
		k, v := p.key(), p.value()
		switch {
		case p.err != nil || k.form != numberForm || !k.integer:
		case k.number == -1 || k.number == -2:
			text := Line{{Text: v.text}}
			if v.form != textForm {
				if text, _ = p.tagged(v); len(text) == 0 {
					continue
				}
			}
			found[problemKeys[int(-1-k.number)]] = clip([]byte(visible([]byte(text[0].Text))))
		case k.number == -4 && v.form == numberForm && v.integer && v.number >= 0 && v.number <= 255:
			found["code"] = protocol.Code(v.number).Dotted()
		}
	}
	text := found["title"]
	if text == "" {
		text = found["detail"]
	}
	switch {
	case text == "" && found["code"] == "":
		return ""
	case text == "":
		return "problem " + found["code"]
	case found["code"] == "":
		return "problem " + quoted(text)
	}
	return "problem " + found["code"] + " " + quoted(text)
}
