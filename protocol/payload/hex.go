package payload

import (
	"fmt"
	"strings"
)

const hexDigits = "0123456789abcdef"

// layoutBytes shows the bytes, with a word about formats of which more than the bytes cannot be shown.
func layoutBytes(format int, data []byte) *layout {
	l := layoutHex(data)
	if media, _ := mediaType(format); strings.HasSuffix(media, "exi") {
		l.note = "EXI cannot be read without the schema that both sides have; the bytes are shown"
	}
	return l
}

// layoutHex shows 16 bytes a line: offset, bytes, ASCII. Lines are made when they are asked for.
func layoutHex(data []byte) *layout {
	width := 4
	if len(data) > 0x10000 {
		width = 8
	}
	return &layout{count: (len(data) + 15) / 16, line: func(i int) Line {
		start := 16 * i
		end := min(start+16, len(data))
		hex := make([]byte, 0, 52)
		ascii := make([]byte, 0, 16)
		for j := start; j < start+16; j++ {
			if j == start+8 {
				hex = append(hex, ' ')
			}
			if j >= end {
				hex = append(hex, "   "...)
				continue
			}
			c := data[j]
			hex = append(hex, hexDigits[c>>4], hexDigits[c&15], ' ')
			if c < ' ' || c > '~' {
				c = '.'
			}
			ascii = append(ascii, c)
		}
		return Line{
			{fmt.Sprintf("%0*x  ", width, start), KindComment, 0, 0},
			{string(hex) + " ", KindNumber, start, end},
			{string(ascii), KindString, start, end},
		}
	}}
}
