package protocol

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseNames reads a file of names, as [NamesExample] explains it. A number that is registered keeps its name, and
// a line that names it is an error, as is one that cannot be read. The error, if any, is a [NamesError] of all such
// lines; the names of the other lines are there all the same.
func ParseNames(text string) (*Names, error) {
	p := namesParser{
		names: &Names{map[optionKey]*OptionInfo{}, map[Code]*CodeInfo{}, map[ContentFormat]*ContentFormatInfo{}},
		lines: map[any]int{},
	}
	var bad NamesError
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		p.line++
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(strings.ReplaceAll(line, "\t", " "))
		if line == "" {
			continue
		}
		if err := p.parse(line); err != nil {
			bad = append(bad, NamesLine{p.line, line, err.Error()})
		}
	}
	if bad != nil {
		return p.names, bad
	}
	return p.names, nil
}

type namesParser struct {
	names *Names
	line  int
	lines map[any]int // where a number was named
}

func (p *namesParser) parse(line string) error {
	what, rest, _ := strings.Cut(line, " ")
	number, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	rest = strings.TrimSpace(rest)
	switch what {
	case "option":
		return p.option(number, strings.Fields(rest))
	case "code":
		return p.code(number, rest)
	case "content-format":
		return p.contentFormat(number, rest)
	}
	return fmt.Errorf("%q is none of option, code and content-format: start the line with one of them, or with # for a comment", what)
}

// once tells where a number was named before, which is an error.
func (p *namesParser) once(key any, what string) error {
	if first := p.lines[key]; first > 0 {
		return fmt.Errorf("%s has a name already, in line %d: remove one of the two lines", what, first)
	}
	p.lines[key] = p.line
	return nil
}

func (p *namesParser) option(text string, words []string) error {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is no option number: write one from 1 to 65535", text)
	}
	n := OptionNumber(number)
	what := "option " + text
	if n.IsReserved() {
		return fmt.Errorf("%s is reserved (RFC 7252 §12.2): use another number; from 65000 they are for experiments", what)
	}
	if len(words) < 2 {
		return fmt.Errorf("%s needs a name without blanks and a format: write for example option %s Device-Id opaque", what, text)
	}
	row := &OptionInfo{Number: n, Name: words[0], In: InRequest | InResponse, Reference: NamedReference}
	switch words[1] {
	case "opaque":
		row.Format, row.MaxLen = FormatOpaque, MaxOptionLength
	case "empty":
		row.Format = FormatEmpty
	case "uint":
		row.Format, row.MaxLen = FormatUint, 8
	case "string":
		row.Format, row.MaxLen = FormatString, MaxOptionLength
	default:
		return fmt.Errorf("%q is no format: write opaque, empty, uint or string", words[1])
	}
	repeatable := false
	for _, word := range words[2:] {
		switch {
		case word == "request":
			row.In = InRequest
		case word == "response":
			row.In = InResponse
		case word == "repeatable":
			repeatable = true
		case strings.HasPrefix(word, "7."):
			if row.Code, err = ParseCode(word); err != nil {
				return err
			}
			row.In = InSignaling
		default:
			if err := row.setLengths(word); err != nil {
				return err
			}
		}
	}
	if repeatable {
		row.Repeatable = row.In
	}
	if known := n.Lookup(row.Code); known != nil {
		return fmt.Errorf("%s is %s in the registry (%s) and keeps that name: remove the line", what, known.Name, known.Reference)
	}
	if err := p.once(optionKey{n, row.Code}, what); err != nil {
		return err
	}
	p.names.options[optionKey{n, row.Code}] = row
	return nil
}

// setLengths reads the lengths that a value may have, "4" or "1-8".
func (i *OptionInfo) setLengths(word string) error {
	low, high, isRange := strings.Cut(word, "-")
	if !isRange {
		high = low
	}
	least, err1 := strconv.ParseUint(low, 10, 17)
	most, err2 := strconv.ParseUint(high, 10, 17)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("%q is neither a length in bytes, such as 4 or 1-8, nor request, response, repeatable or a signalling code such as 7.01", word)
	}
	if least > most || most > uint64(i.MaxLen) {
		return fmt.Errorf("length %s cannot be: a value of format %s has 0 to %d bytes, the smaller number first", word, i.Format, i.MaxLen)
	}
	i.MinLen, i.MaxLen = int(least), int(most)
	return nil
}

func (p *namesParser) code(text, name string) error {
	c, err := ParseCode(text)
	if err != nil {
		return err
	}
	what := "code " + text
	switch info, known := c.Info(); {
	case name == "":
		return fmt.Errorf("%s needs a name: write it behind the code", what)
	case known:
		return fmt.Errorf("%s is %s in the registry (%s) and keeps that name: remove the line", what, info.Name, info.Reference)
	case c.IsReserved() && !c.IsSignaling():
		return fmt.Errorf("%s is of a reserved class (RFC 7252 §12.1): use class 0 for a method, 2, 4 or 5 for a response, 7 for signalling", what)
	}
	if err := p.once(c, what); err != nil {
		return err
	}
	p.names.codes[c] = &CodeInfo{c, name, NamedReference}
	return nil
}

func (p *namesParser) contentFormat(text, mediaType string) error {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is no content-format number: write one from 0 to 65535", text)
	}
	what := "content-format " + text
	row := &ContentFormatInfo{Number: ContentFormat(number), MediaType: mediaType, Reference: NamedReference}
	if info, known := row.Number.Info(); known {
		return fmt.Errorf("%s is %s in the registry and keeps that name: remove the line", what, info.MediaType)
	}
	if s, ok := strings.CutSuffix(mediaType, ")"); ok {
		if i := strings.LastIndex(s, "("); i > 0 {
			row.MediaType, row.Coding = strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+1:])
		}
	}
	kind, sub, ok := strings.Cut(row.MediaType, "/")
	if !ok || kind == "" || sub == "" || strings.ContainsAny(kind, " ;") {
		return fmt.Errorf("%s needs a media type: write for example content-format %s application/vnd.acme+cbor", what, text)
	}
	if err := p.once(row.Number, what); err != nil {
		return err
	}
	p.names.formats[row.Number] = row
	return nil
}
