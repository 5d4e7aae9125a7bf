package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
)

// Filter tells which packets are asked for.
type Filter struct {
	test  predicate
	words []string // in lower case; nil for an expression

	findings bool
}

// Error says where a text is no expression, and why.
type Error struct {
	Offset int    // in bytes, of what is wrong
	Length int    // of it, in bytes; 0 where something is missing
	Reason string // in words, with what to do

	text string
}

// Column is the position of what is wrong in characters, from 1.
func (e *Error) Column() int {
	return utf8.RuneCountInString(e.text[:min(e.Offset, len(e.text))]) + 1
}

// Error gives position and reason.
func (e *Error) Error() string { return fmt.Sprintf("character %d: %s", e.Column(), e.Reason) }

// Compile reads a text that asks for packets. What the user has named can be asked for by these names, which may be
// nil. The error is an *[Error].
//
// A text is an expression if it is one, or if it looks like one: it has a comparison sign, && or ||, a word that
// begins with "!", or the name of a field together with an operator in letters. Any other text is words, all of
// which have to occur in the packet's row, in any case of letters; words in quotes have to occur together.
func Compile(text string, names *protocol.Names) (*Filter, error) {
	if strings.TrimSpace(text) == "" {
		return &Filter{}, nil
	}
	f, err := parse(text, names)
	if err == nil {
		return f, nil
	}
	if looksLikeExpression(text, names) {
		return nil, err
	}
	return &Filter{words: words(text)}, nil
}

// IsExpression tells whether the filter is an expression, rather than words.
func (f *Filter) IsExpression() bool { return f.test != nil }

// IsEmpty tells whether the filter asks for all packets.
func (f *Filter) IsEmpty() bool { return f.test == nil && len(f.words) == 0 }

// NeedsFindings tells whether the filter asks about findings, so that what it says of a packet holds only once all of
// them are known.
func (f *Filter) NeedsFindings() bool { return f.findings }

// Match tells whether the packet is asked for.
func (f *Filter) Match(p *Packet) bool {
	if f.test != nil {
		return f.test(p)
	}
	if len(f.words) == 0 {
		return true
	}
	if p.Source == nil {
		return false
	}
	row := strings.ToLower(p.Source.RowText(p.Frame.Seq))
	for _, w := range f.words {
		if !strings.Contains(row, w) {
			return false
		}
	}
	return true
}

// words takes a text apart into words in lower case.
func words(text string) (words []string) {
	text = strings.ToLower(text)
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			return words
		}
		if text[0] == '"' {
			if phrase, n, ok := unquote(text); ok {
				words, text = append(words, phrase), text[n:]
				continue
			}
		}
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		words, text = append(words, text[:end]), text[end:]
	}
}

// looksLikeExpression tells whether a text that cannot be read was meant as an expression.
func looksLikeExpression(text string, names *protocol.Names) bool {
	field, operator := false, false
	for text != "" {
		if text[0] == '"' {
			_, n, ok := unquote(text)
			if !ok {
				n = len(text)
			}
			text = text[n:]
			continue
		}
		for _, sign := range []string{"==", "!=", "<", ">", "&&", "||"} {
			if strings.HasPrefix(text, sign) {
				return true
			}
		}
		end := 0
		for end < len(text) && isNameRune(rune(text[end])) {
			end++
		}
		if end == 0 {
			r, n := utf8.DecodeRuneInString(text)
			if r == '!' && len(text) > 1 && isNameRune(rune(text[1])) || r == '=' && field {
				return true
			}
			operator = operator || r == '~' || r == '(' || r == ')'
			text = text[n:]
			continue
		}
		word := strings.ToLower(text[:end])
		text = text[end:]
		switch word {
		case "and", "or", "not":
			operator = true
		default:
			if _, ok := Lookup(word, names); ok {
				field = true
			}
			for _, o := range operators {
				operator = operator || o.text == word
			}
		}
	}
	return field && operator
}

// unknownField says that there is no such field, and what was meant perhaps.
func unknownField(name string, names *protocol.Names) string {
	lower := strings.ToLower(name)
	if _, ok := parseCode(lower, names); ok && !allDigits(lower) {
		return fmt.Sprintf("“%s” is no field; write code == %s", name, name)
	}
	for _, w := range typeWords {
		if strings.EqualFold(w, name) {
			return fmt.Sprintf("“%s” is no field; write type == %s", name, w)
		}
	}
	for _, w := range roleWords {
		if w == lower {
			return fmt.Sprintf("“%s” is no field; write role == %s", name, w)
		}
	}
	if near := nearest(lower, names); near != "" {
		return fmt.Sprintf("there is no field “%s”; is it %s?", name, near)
	}
	return fmt.Sprintf("there is no field “%s”", name)
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// nearest gives the field whose name differs least from the one given; empty where none is near.
func nearest(name string, names *protocol.Names) string {
	best, distance := "", min(len(name)/2, max(2, len(name)/3))+1
	for f := range all(names) {
		switch d := editDistance(name, f.Name); {
		case d < distance:
			best, distance = f.Name, d
		case best == "" && len(name) >= 3 && (strings.HasPrefix(f.Name, name) || strings.HasSuffix(f.Name, name)):
			best = f.Name
		}
	}
	return best
}

// editDistance counts the letters to add, remove or change to make b of a.
func editDistance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
