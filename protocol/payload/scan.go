package payload

import (
	"encoding/json"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// form is what kind of value an item is.
type form uint8

const (
	otherForm form = iota // tagged, undefined, a simple value
	numberForm
	textForm
	bytesForm
	boolForm
	nullForm
	listForm
	mapForm
)

var formNames = [...]string{"another value", "a number", "a text", "a byte string", "a boolean", "null", "an array", "a map"}

func (f form) String() string { return formNames[f] }

// item is a value in JSON or CBOR, and where it stands.
type item struct {
	form       form
	start, end int
	number     float64
	integer    bool // CBOR: encoded as an integer
	text       string
	bytes      []byte
	truth      bool
}

// scan walks over values in JSON or CBOR one by one, without building anything. After a mistake it finds nothing more.
type scan struct {
	data []byte
	cbor bool
	pos  int
	err  *SyntaxError
}

// cursor is a container that is being walked over.
type cursor struct {
	left    uint64 // CBOR: items or entries to come
	endless bool   // CBOR: until a break
	closing byte   // JSON
	begun   bool
}

func (s *scan) fail(err *SyntaxError) bool {
	if s.err == nil {
		s.err = err
	}
	return false
}

// enter steps into the container at the position, if it is one of that form. CBOR may have a tag in front of it.
func (s *scan) enter(f form) (cursor, bool) {
	if s.err != nil {
		return cursor{}, false
	}
	if !s.cbor {
		s.pos = skipSpace(s.data, s.pos)
		opening := byte('[')
		if f == mapForm {
			opening = '{'
		}
		if s.pos >= len(s.data) || s.data[s.pos] != opening {
			return cursor{}, false
		}
		s.pos++
		return cursor{closing: opening + 2}, true
	}
	h, err := readHead(s.data, s.pos)
	if err != nil {
		return cursor{}, s.fail(err)
	}
	if f == mapForm && h.major != majorMap || f == listForm && h.major != majorArray {
		return cursor{}, false
	}
	s.pos = h.end
	return cursor{left: h.argument, endless: h.info == indefinite}, true
}

// more says whether the container has another item or entry, and steps to it, or out of the container.
func (s *scan) more(c *cursor) bool {
	if s.err != nil {
		return false
	}
	if s.cbor {
		if c.endless {
			if s.pos < len(s.data) && s.data[s.pos] == breakByte {
				s.pos++
				return false
			}
			if s.pos >= len(s.data) {
				return s.fail(&SyntaxError{s.pos, "expected another item or a break, not the end", "RFC 8949 §3.2.2", true})
			}
			return true
		}
		if c.left == 0 {
			return false
		}
		c.left--
		return true
	}
	s.pos = skipSpace(s.data, s.pos)
	switch {
	case s.pos >= len(s.data):
		return s.fail(&SyntaxError{s.pos, "expected , or " + string(c.closing) + ", not the end", jsonClause + " §4 §5", true})
	case s.data[s.pos] == c.closing:
		s.pos++
		return false
	case !c.begun:
		c.begun = true
		return true
	case s.data[s.pos] == ',':
		s.pos++
		return true
	}
	return s.fail(&SyntaxError{s.pos, "expected , or " + string(c.closing), jsonClause + " §4 §5", false})
}

// key reads the key of an entry.
func (s *scan) key() item {
	k := s.value()
	if !s.cbor && s.err == nil {
		s.pos = skipSpace(s.data, s.pos)
		if s.pos >= len(s.data) || s.data[s.pos] != ':' || k.form != textForm {
			s.fail(&SyntaxError{s.pos, "expected a string as key, and : after it", jsonClause + " §4", s.pos >= len(s.data)})
		}
		s.pos++
	}
	return k
}

// value reads a value. Containers are passed over.
func (s *scan) value() item {
	if s.err != nil {
		return item{}
	}
	if s.cbor {
		return s.cborValue()
	}
	return s.jsonValue()
}

func (s *scan) jsonValue() item {
	s.pos = skipSpace(s.data, s.pos)
	it := item{start: s.pos, end: s.pos}
	if s.pos >= len(s.data) {
		s.fail(&SyntaxError{s.pos, "expected a value, not the end", jsonClause + " §3", true})
		return it
	}
	switch c := s.data[s.pos]; {
	case c == '"':
		end, err := stringEnd(s.data, s.pos)
		if err != nil {
			s.fail(err)
			return it
		}
		it.form, it.text = textForm, jsonString(s.data[s.pos:end])
		s.pos = end
	case c == '-' || c >= '0' && c <= '9':
		end, problem := numberEnd(s.data, s.pos)
		if problem != "" {
			s.fail(&SyntaxError{end, problem, jsonClause + " §6", end >= len(s.data)})
			return it
		}
		it.form, it.number = numberForm, math.NaN()
		if end-s.pos <= maxNumberLength {
			it.number, _ = strconv.ParseFloat(string(s.data[s.pos:end]), 64)
		}
		s.pos = end
	case c == '{' || c == '[':
		it.form = listForm
		if c == '{' {
			it.form = mapForm
		}
		s.pos = bracketsEnd(s.data, s.pos)
	default:
		for _, word := range [...]string{"true", "false", "null"} {
			if len(s.data)-s.pos >= len(word) && string(s.data[s.pos:s.pos+len(word)]) == word {
				it.form, it.truth = boolForm, word == "true"
				if word == "null" {
					it.form = nullForm
				}
				s.pos += len(word)
				it.end = s.pos
				return it
			}
		}
		s.fail(&SyntaxError{s.pos, "expected a value", jsonClause + " §3", false})
	}
	it.end = s.pos
	return it
}

// jsonString gives the text of a JSON string; only its beginning where it is long.
func jsonString(quoted []byte) string {
	for i, c := range quoted {
		if c == '\\' {
			var text string
			if len(quoted) <= 8*maxString && json.Unmarshal(quoted, &text) == nil {
				return text
			}
			return string(quoted[1:i]) + "…"
		}
		if i > maxString && utf8.RuneStart(c) {
			return string(quoted[1:i]) + "…"
		}
	}
	return string(quoted[1 : len(quoted)-1])
}

// bracketsEnd gives the end of the JSON container at start, by its brackets alone.
func bracketsEnd(data []byte, start int) int {
	open, inString := 0, false
	for i := start; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			open++
		case c == '}' || c == ']':
			open--
		}
		if open == 0 {
			return i + 1
		}
	}
	return len(data)
}

func (s *scan) cborValue() item {
	it := item{start: s.pos, end: s.pos}
	h, err := readHead(s.data, s.pos)
	if err != nil {
		s.fail(err)
		return it
	}
	end, err := skipItem(s.data, s.pos)
	if err != nil {
		s.fail(err)
		return it
	}
	it.end, s.pos = end, end
	switch h.major {
	case majorUnsigned:
		it.form, it.number, it.integer = numberForm, float64(h.argument), true
	case majorNegative:
		it.form, it.number, it.integer = numberForm, -1-float64(h.argument), true
	case majorBytes, majorText:
		it.form = bytesForm
		content := s.data[h.end:end]
		if h.info == indefinite {
			content = joinChunks(s.data, h.end, maxString+1)
		}
		if h.major == majorBytes {
			it.bytes = content
		} else {
			it.form, it.text = textForm, string(clipText(content))
		}
	case majorArray:
		it.form = listForm
	case majorMap:
		it.form = mapForm
	case majorTag:
		if v, _, ok := fraction(s.data, h); ok {
			it.form, it.number = numberForm, v
		}
	case majorSimple:
		switch h.argument {
		case 20, 21:
			it.form, it.truth = boolForm, h.argument == 21
		case 22:
			it.form = nullForm
		}
		if h.info >= 25 && h.info <= 27 {
			it.form, it.number = numberForm, floatValue(h)
		}
	}
	return it
}

// joinChunks puts the chunks of a string of indefinite length together, up to most bytes. The item is well-formed.
func joinChunks(data []byte, pos, most int) []byte {
	var content []byte
	for len(content) < most {
		h, err := readHead(data, pos)
		if err != nil || h.major == majorSimple {
			break
		}
		pos = h.end + int(h.argument)
		content = append(content, data[h.end:min(pos, h.end+most)]...)
	}
	return content
}

// clipText gives the beginning of a text that is longer than is shown.
func clipText(text []byte) []byte {
	if len(text) <= maxString {
		return text
	}
	cut := maxString
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return append(append([]byte(nil), text[:cut]...), "…"...)
}

// ones gives the numbers of the bits that are set.
func ones(v uint64) []int {
	var out []int
	for ; v != 0; v &= v - 1 {
		out = append(out, bits.TrailingZeros64(v))
	}
	return out
}
