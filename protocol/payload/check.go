package payload

import (
	"fmt"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// maxChecked bounds the bytes of a payload that [Contradicts] looks at.
const maxChecked = 64 << 10

// Contradicts says whether a payload is not what its Content-Format says, and what is wrong, with the place: JSON or CBOR
// that is not well-formed, text that is not UTF-8, SenML that is no array. The payload is that of the whole
// representation, not of a block of it (RFC 7959). It is exact as far as it looks: what is bad breaks the format, but of a large
// payload only the first 64 kB are read. An empty payload, an unregistered format and one with a content coding
// contradict nothing. It is quick enough for every message, and allocates only to report.
func Contradicts(format int, data []byte) (why string, bad bool) {
	if len(data) == 0 {
		return "", false
	}
	rows := claimants[format]
	for i := len(rows) - 1; i >= 0; i-- { // the encoding before what is written in it
		if check := rows[i].check; check != nil {
			if why := check(format, data); why != "" {
				return why, true
			}
		}
	}
	return "", false
}

func checkText(format int, data []byte) string {
	if format != int(protocol.TextPlain) || utf8.Valid(data) { // the others may have another charset
		return ""
	}
	at := invalidUTF8(data)
	return fmt.Sprintf("byte %d: 0x%02x is not UTF-8 (RFC 7252 §12.3)", at, data[at])
}

func checkJSON(format int, data []byte) string {
	// A sensor stream is an array that need not end (RFC 8428 §4.8).
	stream := format == sensmlJSON
	if err := validJSON(data[:min(len(data), maxChecked)], len(data) > maxChecked || stream); err != nil {
		return err.Error()
	}
	return ""
}

func checkCBOR(format int, data []byte) string {
	seen := data[:min(len(data), maxChecked)]
	sequence := familyOf(format) == cborSequence
	for pos := 0; pos < len(seen); {
		end, err := skipItem(seen, pos)
		switch {
		case err == nil:
		case err.cutOff && (len(seen) < len(data) || format == sensmlCBOR):
			return ""
		case err.Reference == nestingClause:
			return ""
		default:
			return err.Error()
		}
		if !sequence && end < len(data) {
			return fmt.Sprintf("byte %d: %d bytes follow the one data item that the format has (RFC 8949 §9.5)", end, len(data)-end)
		}
		pos = end
	}
	return ""
}

func checkLinks(_ int, data []byte) string {
	for _, errs := range linkformat.All(data[:min(len(data), maxChecked)]) {
		for _, e := range errs {
			if e.Lost {
				if len(data) > maxChecked && e.Offset > maxChecked/2 { // what is cut off here is whole in the payload
					return ""
				}
				return fmt.Sprintf("byte %d: %s (%s)", e.Offset, e.Problem, e.Reference)
			}
		}
	}
	return ""
}

// maxJSONNesting bounds what is followed to tell JSON from what is not.
const maxJSONNesting = 4096

// validJSON finds the first mistake in JSON text (RFC 8259). With part set, the text may end anywhere; what is nested
// too deep to follow is taken for right.
func validJSON(data []byte, part bool) *SyntaxError {
	var objects [maxJSONNesting / 64]uint64 // a bit for each container that is open
	depth, pos := 0, 0
	fail := func(section, problem string) *SyntaxError {
		if part && pos >= len(data) {
			return nil
		}
		found := "the end"
		if pos < len(data) {
			found = fmt.Sprintf("%q", firstRune(string(data[pos:min(len(data), pos+utf8.UTFMax)])))
		}
		return &SyntaxError{pos, problem + ", not " + found, jsonClause + " " + section, pos >= len(data)}
	}
	inObject := func() bool { return depth > 0 && objects[(depth-1)/64]>>((depth-1)%64)&1 == 1 }
	for wantKey := false; ; {
		pos = skipSpace(data, pos)
		if wantKey {
			if pos >= len(data) || data[pos] != '"' {
				return fail("§4", "expected a string as key")
			}
			end, err := stringEnd(data, pos)
			if err != nil {
				if part && err.cutOff {
					return nil
				}
				return err
			}
			if pos = skipSpace(data, end); pos >= len(data) || data[pos] != ':' {
				return fail("§4", "expected : after the key")
			}
			pos = skipSpace(data, pos+1)
			wantKey = false
		}
		if pos >= len(data) {
			return fail("§3", "expected a value")
		}
		switch c := data[pos]; {
		case c == '{' || c == '[':
			if depth == maxJSONNesting {
				return nil
			}
			objects[depth/64] &^= 1 << (depth % 64)
			if c == '{' {
				objects[depth/64] |= 1 << (depth % 64)
			}
			depth++
			pos = skipSpace(data, pos+1)
			if pos < len(data) && data[pos] == c+2 { // ] and } are two behind [ and {
				pos++
				depth--
				break
			}
			wantKey = c == '{'
			continue
		case c == '"':
			end, err := stringEnd(data, pos)
			if err != nil {
				if part && err.cutOff {
					return nil
				}
				return err
			}
			pos = end
		case c == '-' || c >= '0' && c <= '9':
			end, problem := numberEnd(data, pos)
			pos = end
			if problem != "" {
				return fail("§6", problem)
			}
		default:
			end := pos
			for _, word := range [...]string{"true", "false", "null"} {
				n := min(len(word), len(data)-pos)
				if string(data[pos:pos+n]) == word[:n] && (n == len(word) || part) {
					end = pos + n
				}
			}
			if end == pos {
				return fail("§3", "expected a value")
			}
			pos = end
		}
		// After a value.
		for {
			pos = skipSpace(data, pos)
			if depth == 0 {
				if pos < len(data) {
					return fail("§2", "expected the end after the value")
				}
				return nil
			}
			closing, problem := byte(']'), "expected , or ]"
			if inObject() {
				closing, problem = '}', "expected , or }"
			}
			if pos < len(data) && data[pos] == closing {
				pos++
				depth--
				continue
			}
			if pos >= len(data) || data[pos] != ',' {
				return fail("§4 §5", problem)
			}
			pos++
			wantKey = closing == '}'
			break
		}
	}
}

func skipSpace(data []byte, pos int) int {
	for pos < len(data) && (data[pos] == ' ' || data[pos] == '\n' || data[pos] == '\r' || data[pos] == '\t') {
		pos++
	}
	return pos
}

// stringEnd gives the end of the JSON string that begins at start.
func stringEnd(data []byte, start int) (int, *SyntaxError) {
	fail := func(at int, section, problem string) (int, *SyntaxError) {
		return at, &SyntaxError{at, problem, jsonClause + " " + section, at >= len(data)}
	}
	for i := start + 1; i < len(data); {
		c := data[i]
		switch {
		case c == '"':
			return i + 1, nil
		case c == '\\':
			n := escapeLength(data[i:])
			if n == 0 {
				if len(data)-i < 6 { // it may be cut off
					return len(data), &SyntaxError{i, escapeProblem, jsonClause + " §7", true}
				}
				return fail(i, "§7", escapeProblem)
			}
			i += n
		case c < ' ':
			return fail(i, "§7", fmt.Sprintf("control character U+%04X has to be escaped", c))
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n == 1 {
				if !utf8.FullRune(data[i:]) {
					return len(data), &SyntaxError{i, fmt.Sprintf("byte 0x%02x is no UTF-8", c), jsonClause + " §8.1", true}
				}
				return fail(i, "§8.1", fmt.Sprintf("byte 0x%02x is no UTF-8", c))
			}
			i += n
		}
	}
	return fail(len(data), "§7", fmt.Sprintf("the string that begins at byte %d has no closing quote", start))
}

const escapeProblem = `\ begins one of \" \\ \/ \b \f \n \r \t \uXXXX`

// numberEnd gives the end of the JSON number that begins at pos, or where it goes wrong and what was expected there.
func numberEnd(data []byte, pos int) (end int, problem string) {
	digits := func() bool {
		start := pos
		for pos < len(data) && data[pos] >= '0' && data[pos] <= '9' {
			pos++
		}
		return pos > start
	}
	if data[pos] == '-' {
		pos++
	}
	if pos < len(data) && data[pos] == '0' {
		pos++
	} else if !digits() {
		return pos, "expected a digit"
	}
	if pos < len(data) && data[pos] == '.' {
		pos++
		if !digits() {
			return pos, "expected a digit after the point"
		}
	}
	if pos < len(data) && (data[pos] == 'e' || data[pos] == 'E') {
		pos++
		if pos < len(data) && (data[pos] == '+' || data[pos] == '-') {
			pos++
		}
		if !digits() {
			return pos, "expected a digit in the exponent"
		}
	}
	return pos, ""
}
