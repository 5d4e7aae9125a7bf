package capture

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// piece is a part of a text.
type piece struct {
	text   string
	offset int
}

// paragraphs gives the lines of a text that are not blank, in groups that blank lines separate, without labels such as
// "Data: ".
func paragraphs(text string) (groups [][]piece) {
	open := false
	for offset := 0; offset < len(text); {
		line, _, _ := strings.Cut(text[offset:], "\n")
		content := strings.TrimSpace(line)
		if content == "" {
			open = false
		} else {
			p := piece{content, offset + strings.Index(line, content)}
			if at := labelled(content); at > 0 {
				p.text, p.offset = content[at:], p.offset+at
			}
			if !open {
				groups = append(groups, nil)
			}
			open = true
			groups[len(groups)-1] = append(groups[len(groups)-1], p)
		}
		offset += len(line) + 1
	}
	return groups
}

var label = regexp.MustCompile(`^[A-Za-z][\w .()-]{0,60}(?::| =)[ \t]+`)

// labelled gives the length of a label, which has something in it that is no hex digit.
func labelled(line string) int {
	l := label.FindString(line)
	if l == "" || len(l) == len(line) || isHex(strings.TrimRight(l, ":= \t")) {
		return 0
	}
	return len(l)
}

// plainForm is a way of writing bytes without anything around them.
type plainForm struct {
	name string
	read func(p piece) ([]byte, *misread)
	// joined tells that lines are one text; else each is read by itself.
	joined bool
}

var plainForms = []plainForm{
	{"hex", hexLine, false},
	{decimalNumbers, decimalLine, false},
	{"base64", base64Text, true},
}

const decimalNumbers = "decimal numbers"

// unpadded is a number of one or three digits, which lists of decimal numbers have. If all have two they are hex, though
// the message may be malformed.
var unpadded = regexp.MustCompile(`(?:^|[^0-9A-Za-z])[0-9](?:[0-9]{2})?(?:[^0-9A-Za-z]|$)`)

// readPlain reads hex, decimal numbers or base64, whichever makes the best messages.
func readPlain(text string) (best []blob, as string, bad *misread) {
	groups := paragraphs(text)
	most := -1
	for _, form := range plainForms {
		if form.name == decimalNumbers && !unpadded.MatchString(text) {
			continue
		}
		blobs, wrong := form.blobs(groups)
		if wrong != nil {
			// The first form is the likeliest, unless another is followed much further.
			if most < 0 && (bad == nil || wrong.offset >= bad.offset+16) {
				bad = wrong
			}
			continue
		}
		if len(blobs) == 0 {
			return nil, "", nil // nothing but separators
		}
		worst := 6
		for _, b := range blobs {
			worst = min(worst, rank(b.data))
		}
		if worst > most {
			best, as, most, bad = blobs, form.name, worst, nil
		}
	}
	return best, as, bad
}

// blobs reads each paragraph as one message, or each of its lines, if that gives messages.
func (form *plainForm) blobs(groups [][]piece) ([]blob, *misread) {
	var all []blob
	for _, lines := range groups {
		var each []blob
		var bad *misread
		for _, line := range lines {
			data, wrong := form.read(line)
			if wrong != nil {
				bad = wrong
				break
			}
			if len(data) > 0 {
				each = append(each, blob{data, line.offset})
			}
		}
		whole := blob{offset: lines[0].offset}
		if form.joined {
			var b strings.Builder
			for _, line := range lines {
				b.WriteString(line.text)
			}
			data, wrong := form.read(piece{b.String(), lines[0].offset})
			switch {
			case wrong != nil && bad != nil && len(lines) > 1:
				return nil, bad // has the right line
			case wrong != nil && bad != nil:
				return nil, wrong
			case wrong != nil:
				all = append(all, each...)
				continue
			case bad != nil:
				each = nil
			}
			whole.data = data
		} else {
			if bad != nil {
				return nil, bad
			}
			size := 0
			for _, b := range each {
				size += len(b.data)
			}
			whole.data = make([]byte, 0, size)
			for _, b := range each {
				whole.data = append(whole.data, b.data...)
			}
		}
		good := 0
		for _, b := range each {
			if rank(b.data) >= 4 {
				good++
			}
		}
		if len(each) > 1 && (good == len(each) || good > len(each)/2 && rank(whole.data) < 3) {
			all = append(all, each...)
		} else if len(whole.data) > 0 {
			all = append(all, whole)
		}
	}
	return all, nil
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }

// separators is what may stand between bytes in hex.
const separators = " \t\r\n,;:-_.|'\"`()[]<>{}%/\u00a0"

// hexLine reads hex digits in groups of whole bytes. A digit alone is a byte, if it stands by itself. Behind # and // is a
// comment.
func hexLine(p piece) ([]byte, *misread) {
	data := make([]byte, 0, len(p.text)/2)
	s := p.text
	for i := 0; i < len(s) && s[i] != '#' && !strings.HasPrefix(s[i:], "//"); {
		if c, size := utf8.DecodeRuneInString(s[i:]); strings.ContainsRune(separators, c) {
			i += size
			continue
		}
		start := i
		if s[i] == '0' && i+1 < len(s) && (s[i+1] == 'x' || s[i+1] == 'X') {
			i += 2
		}
		digits := i
		for i < len(s) && isHexDigit(s[i]) {
			i++
		}
		switch n := i - digits; {
		case n == 0 || i < len(s) && s[i]|0x20 >= 'g' && s[i]|0x20 <= 'z' && s[i] != '_':
			c, _ := utf8.DecodeRuneInString(s[i:])
			if i == len(s) {
				return nil, &misread{p.offset + start, "hex digits are missing behind 0x"}
			}
			return nil, &misread{p.offset + i, fmt.Sprintf("%q is no hex digit; expected %s", c, textForms)}
		case n == 1:
			v, _ := strconv.ParseUint(s[digits:i], 16, 8)
			data = append(data, byte(v))
		case n%2 == 1:
			return nil, &misread{p.offset + digits, fmt.Sprintf("%d hex digits are no whole bytes; expected an even number", n)}
		default:
			var err error
			if data, err = hex.AppendDecode(data, []byte(s[digits:i])); err != nil {
				return nil, &misread{p.offset + digits, err.Error()}
			}
		}
	}
	return data, nil
}

// decimalLine reads numbers up to 255, as the %v of Go prints bytes.
func decimalLine(p piece) ([]byte, *misread) {
	var data []byte
	s := p.text
	for i := 0; i < len(s); {
		if strings.IndexByte(" \t\r,;[](){}", s[i]) >= 0 {
			i++
			continue
		}
		start := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		v, err := strconv.ParseUint(s[start:i], 10, 8)
		if err != nil {
			return nil, &misread{p.offset + start, "expected a number from 0 to 255"}
		}
		data = append(data, byte(v))
	}
	return data, nil
}

// base64Text reads base64 in either alphabet, with or without padding. Short words are none, and digits of hex are not:
// they would make bytes that nobody has written.
func base64Text(p piece) ([]byte, *misread) {
	text := strings.Trim(p.text, "\"'`,; \t\r")
	offset := p.offset + strings.Index(p.text, text)
	end := strings.TrimRight(text, "=")
	standard, url := strings.ContainsAny(end, "+/"), strings.ContainsAny(end, "-_")
	encoding := base64.RawStdEncoding
	if url && !standard {
		encoding = base64.RawURLEncoding
	}
	for i := range len(end) {
		if c := end[i]; !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '+' || c == '/' || c == '-' || c == '_') {
			r, _ := utf8.DecodeRuneInString(end[i:])
			return nil, &misread{offset + i, fmt.Sprintf("%q is no digit of base64; expected %s", r, textForms)}
		}
	}
	if len(end)%2 == 0 && isHex(end) {
		return nil, &misread{offset, "these are hex digits"}
	}
	data, err := encoding.DecodeString(end)
	if err != nil || len(text)-len(end) > 2 {
		return nil, &misread{offset, fmt.Sprintf("%d characters of base64 are no whole bytes; expected %s", len(end), textForms)}
	}
	if len(end) < 16 && rank(data) == 0 {
		return nil, &misread{offset, "expected " + textForms}
	}
	return data, nil
}
