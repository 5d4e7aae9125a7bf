package filter

import (
	"iter"
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/lint"
)

// Suggestion is something that the text can go on with: Text takes the place of the bytes from From to To.
type Suggestion struct {
	Text     string
	From, To int
	About    string
}

// all goes over the fields of the table and those that the user has named.
func all(names *protocol.Names) iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		for i := range table {
			if !yield(&table[i]) {
				return
			}
		}
		for _, row := range names.NamedOptions() {
			if f := namedField(row); byName[f.Name] == nil && !yield(&f) {
				return
			}
		}
	}
}

// Complete suggests how an expression can go on at the cursor, a place in bytes: with fields, operators, or the
// values of a field that has a few. Those that begin with what is written come before those that have it within.
// What stands there completely is not suggested.
func Complete(text string, cursor int, names *protocol.Names) []Suggestion {
	cursor = max(0, min(cursor, len(text)))
	before := text[:cursor]
	from := cursor
	for from > 0 && isNameRune(rune(text[from-1])) {
		from--
	}
	if from == cursor { // a sign that is half written
		for from > 0 && strings.IndexByte("=!<>&|", text[from-1]) >= 0 {
			from--
		}
	}
	if f, op := state(before[:from], names); f != nil && op != noOperator { // a value, which has other signs too
		for from > 0 && !strings.ContainsRune(" \t{,=<>~", rune(text[from-1])) {
			from--
		}
	}
	c := completion{typed: strings.ToLower(before[from:]), from: from, to: cursor}
	switch f, op := state(before[:from], names); {
	case f == nil && op == noOperator:
		for f := range all(names) {
			c.add(f.Name, f.About)
		}
		c.add("not", "what does not hold")
	case f == nil:
		c.add("&&", "and")
		c.add("||", "or")
		c.add("and", "both hold")
		c.add("or", "one of them holds")
	case op == noOperator:
		for _, o := range operators {
			if o.about != "" && f.takes(o.op) {
				c.add(o.text, o.about)
			}
		}
		c.add("&&", "and")
		c.add("||", "or")
	default:
		c.values(f)
	}
	if len(c.starts)+len(c.within) == 1 && len(c.starts) == 1 && strings.EqualFold(c.starts[0].Text, c.typed) {
		return nil
	}
	return append(c.starts, c.within...)
}

// takes tells whether the operator makes sense for the field.
func (f *Field) takes(op operator) bool {
	switch op {
	case less, lessEqual, greater, greaterEqual:
		return f.numeric()
	}
	return f.Kind != Flag
}

type completion struct {
	typed          string
	from, to       int
	starts, within []Suggestion
}

func (c *completion) add(text, about string) {
	s := Suggestion{text, c.from, c.to, about}
	switch lower := strings.ToLower(text); {
	case strings.HasPrefix(lower, c.typed):
		c.starts = append(c.starts, s)
	case len(c.typed) > 1 && strings.Contains(lower, c.typed):
		c.within = append(c.within, s)
	}
}

func (c *completion) values(f *Field) {
	switch f.Kind {
	case Choice:
		for _, w := range f.Choices {
			c.add(w, "")
		}
	case Code:
		for _, row := range protocol.Codes() {
			if row.Code.IsRequest() {
				c.add(row.Code.Short(), row.Code.Dotted())
			} else {
				c.add(row.Code.Dotted(), row.Name)
			}
		}
	case Format:
		var seen []string
		for _, row := range protocol.ContentFormats() {
			media, _, _ := strings.Cut(row.MediaType, ";")
			if !slices.Contains(seen, media) && strings.Contains(media, c.typed) {
				seen = append(seen, media)
				c.add(media, "")
			}
		}
	case Text:
		if f.Name == "finding" {
			for _, r := range slices.Concat(dissect.Rules(), lint.Rules()) {
				c.add(r.ID, r.Title)
			}
		}
	}
}

// state tells what stands before the cursor: nothing (nil, none), a field (f, none), a field with an operator (f,
// op), or a whole comparison (nil, any operator).
func state(before string, names *protocol.Names) (*Field, operator) {
	p := &parser{text: before, names: names}
	var f *Field
	op := noOperator
	for {
		p.space()
		rest := p.text[p.at:]
		if rest == "" {
			return f, op
		}
		if f != nil && op != noOperator { // the value comes
			switch {
			case rest[0] == '{' || rest[0] == ',':
				p.at++
				continue
			case rest[0] == '}':
				p.at++
				f = nil
				continue
			}
			start := p.at
			if rest[0] == '"' {
				_, n, ok := unquote(rest)
				if !ok {
					return &Field{Kind: Number}, equal // within quotes: nothing to suggest
				}
				p.at += n
			} else {
				for p.at < len(p.text) && !strings.ContainsRune(" \t),}&|", rune(p.text[p.at])) {
					p.at++
				}
			}
			if p.at == len(p.text) && p.at > start && rest[0] != '"' {
				return f, op // the beginning of the value itself, such as application/
			}
			if p.at == start {
				f, op = nil, noOperator
				continue
			}
			if op != in {
				f = nil
			}
			continue
		}
		if name := p.peekName(); name != "" {
			p.at += len(name)
			switch strings.ToLower(name) {
			case "and", "or", "not":
				f, op = nil, noOperator
				continue
			}
			if f != nil {
				p.at -= len(name)
				if op = wordOperator(name); op == noOperator {
					f = nil
				}
				p.at += len(name)
				continue
			}
			f, _ = Lookup(strings.ToLower(name), names)
			op = noOperator
			continue
		}
		if f != nil {
			if op = signOperator(rest); op != noOperator {
				p.at += len(operatorText(op))
				continue
			}
		}
		switch rest[0] {
		case ')':
			f, op = nil, equal
		default:
			f, op = nil, noOperator
		}
		p.at++
	}
}

func wordOperator(s string) operator {
	for _, o := range operators {
		if strings.EqualFold(o.text, s) {
			return o.op
		}
	}
	return noOperator
}

func signOperator(s string) operator {
	best, length := noOperator, 0
	for _, o := range operators {
		if !isNameRune(rune(o.text[0])) && strings.HasPrefix(s, o.text) && len(o.text) > length {
			best, length = o.op, len(o.text)
		}
	}
	return best
}

func operatorText(op operator) string {
	for _, o := range operators {
		if o.op == op {
			return o.text
		}
	}
	return ""
}
