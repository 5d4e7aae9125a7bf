package payload

import "fmt"

// ParseHex reads bytes in hex as people paste them: upper or lower case, with or without white space, colons, commas,
// hyphens, and 0x before a byte or before them all. It fails with a *[SyntaxError].
func ParseHex(text string) ([]byte, error) {
	out := make([]byte, 0, len(text)/2)
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ':' || c == ',' || c == '-':
			i++
			continue
		case c == '0' && i+1 < len(text) && text[i+1]|0x20 == 'x':
			i += 2
			if i >= len(text) {
				return nil, &SyntaxError{i, "0x with no digits after it", "hex", false}
			}
		}
		high, ok := hexValue(text[i])
		if !ok {
			return nil, &SyntaxError{i, fmt.Sprintf("%q is no hex digit", firstRune(text[i:])), "hex", false}
		}
		if i+1 >= len(text) {
			return nil, &SyntaxError{i, "one digit is missing: a byte has two", "hex", false}
		}
		low, ok := hexValue(text[i+1])
		if !ok {
			return nil, &SyntaxError{i + 1, fmt.Sprintf("expected the second digit of a byte, not %q", firstRune(text[i+1:])), "hex", false}
		}
		out = append(out, high<<4|low)
		i += 2
	}
	return out, nil
}

func hexValue(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}
