package capture

import (
	"encoding/hex"
	"regexp"
	"strings"
)

var (
	// hexWithin finds bytes in hex: four or more, as one word or with separators.
	hexWithin = regexp.MustCompile(`\b(?:0x)?([0-9A-Fa-f]{2}(?:[ :-]?[0-9A-Fa-f]{2}){3,})\b`)
	// base64Within finds what may be base64, in quotes or in a data URI.
	base64Within = regexp.MustCompile(`["',]([A-Za-z0-9+/_-]{8,}={0,2})(?:["'\s]|$)`)
	// bufferWithin finds a Buffer as Node.js shows it, which leaves out what is behind 50 bytes.
	bufferWithin = regexp.MustCompile(`<Buffer ([0-9a-f ]+)( \.\.\. \d+ more bytes?)?>`)
)

// readWithin looks for messages in text that is something else, such as the log of a program. Only whole messages with a
// registered code are taken, since much else looks like hex; except a Buffer of Node.js, and the only hex in quotes.
func readWithin(text string) (blobs []blob, as string) {
	for _, m := range bufferWithin.FindAllStringSubmatchIndex(text, -1) {
		if data, err := hex.DecodeString(strings.ReplaceAll(text[m[2]:m[3]], " ", "")); err == nil && m[4] < 0 {
			blobs = append(blobs, blob{data, m[2]})
		}
	}
	if blobs != nil {
		return blobs, "Buffer"
	}
	digits := strings.NewReplacer(" ", "", ":", "", "-", "")
	var quoted []blob
	for _, m := range hexWithin.FindAllStringSubmatchIndex(text, -1) {
		data, err := hex.DecodeString(digits.Replace(text[m[2]:m[3]]))
		behind := text[m[3]:]
		switch {
		case err != nil || strings.HasPrefix(strings.TrimLeft(behind, " "), ".."): // there was more
		case rank(data) >= 4:
			blobs = append(blobs, blob{data, m[2]})
		case behind != "" && m[0] > 0 && strings.IndexByte(`"'`, behind[0]) >= 0 && behind[0] == text[m[0]-1]:
			quoted = append(quoted, blob{data, m[2]})
		}
	}
	if blobs != nil {
		return blobs, "hex in other text"
	}
	for _, m := range base64Within.FindAllStringSubmatchIndex(text, -1) {
		data, wrong := base64Text(piece{text[m[2]:m[3]], m[2]})
		if wrong == nil && rank(data) >= 4 {
			blobs = append(blobs, blob{data, m[2]})
		}
	}
	switch {
	case blobs != nil:
		return blobs, "base64 in other text"
	case len(quoted) == 1:
		return quoted, "hex in other text"
	}
	return nil, ""
}
