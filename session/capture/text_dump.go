package capture

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxRepeated bounds what the asterisks of hexdump stand for.
const maxRepeated = 1 << 20

// maxDumpLine is the longest line that is taken for one of a dump.
const maxDumpLine = 1024

// dumpHead is the offset at the beginning of a line of a dump: of Wireshark and hexdump -C with spaces behind it, of
// xxd and tcpdump with a colon.
var dumpHead = regexp.MustCompile(`^[ \t]*(0x)?([0-9A-Fa-f]{4,8})(:?)([ \t]+|$)`)

// dumpLine is a line of a dump.
type dumpLine struct {
	offset int    // within the packet
	digits int    // of the offset as written
	sign   bool   // 0x or a colon makes sure that it is an offset
	rest   string // bytes, and characters
	at     int    // where rest begins in the line
}

// parseDumpLine reads a line of a dump whose offsets have that base.
func parseDumpLine(line string, base int) (d dumpLine, ok bool) {
	if len(line) > maxDumpLine {
		return d, false
	}
	m := dumpHead.FindStringSubmatchIndex(line)
	if m == nil {
		return d, false
	}
	offset, err := strconv.ParseUint(line[m[4]:m[5]], base, 31)
	d = dumpLine{
		offset: int(offset), digits: m[5] - m[4], sign: m[2] >= 0 || m[6] < m[7],
		rest: strings.TrimRight(line[m[1]:], " \t\r"), at: m[1],
	}
	if d.sign || d.rest == "" {
		return d, err == nil
	}
	// Other lines begin with digits too, such as "0000 00.. = Codepoint" of tshark -V.
	first, _, _ := strings.Cut(d.rest, " ")
	return d, err == nil && isHex(first) && (len(first) == 2 || d.digits == 7 || d.digits == 6 && len(first) == 4)
}

// hasDump tells whether a line begins with an offset of 0 as in a dump: one with a colon, of the six or seven digits of
// od and hexdump, or before bytes of two digits.
func hasDump(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		d, ok := parseDumpLine(line, 16)
		if ok && d.offset == 0 && len(d.rest) > 1 && isHexDigit(d.rest[0]) && isHexDigit(d.rest[1]) {
			return true
		}
	}
	return false
}

// dump is a dump on its way.
type dump struct {
	base     int // of the offsets
	blobs    []blob
	open     bool // the next line may go on with the last blob
	last     []byte
	starred  bool // an asterisk stands for lines like the last
	repeated int
	width    int
}

// readDump reads the dumps of a text, and passes over what stands between them. Offsets are hexadecimal, unless they
// agree with the bytes only in octal, as od writes them, or in decimal.
func readDump(text string) (blobs []blob, bad *misread) {
	for _, base := range [...]int{16, 8, 10} {
		blobs, wrong := readDumpOf(text, base)
		if wrong == nil {
			return blobs, nil
		}
		if bad == nil {
			bad = wrong
		}
	}
	return nil, bad
}

func readDumpOf(text string, base int) ([]blob, *misread) {
	d := dump{base: base}
	for offset := 0; offset < len(text); {
		line, _, _ := strings.Cut(text[offset:], "\n")
		behind := offset + len(line) + 1
		if bad := d.line(line, offset, text[min(behind, len(text)):]); bad != nil {
			return nil, bad
		}
		offset = behind
	}
	return d.blobs, nil
}

func (d *dump) line(line string, at int, behind string) *misread {
	l, ok := parseDumpLine(line, d.base)
	if !ok && d.open && d.base != 16 {
		if _, ok := parseDumpLine(line, 16); ok {
			return &misread{at, fmt.Sprintf("expected an offset of base %d", d.base)}
		}
	}
	switch {
	case !ok && d.open && strings.TrimSpace(line) == "*":
		d.starred = true
		return nil
	case !ok:
		d.open = false
		return nil
	case l.offset == 0 && l.rest != "":
		d.blobs = append(d.blobs, blob{offset: at})
		d.open, d.starred, d.last, d.width = true, false, nil, 0
	case !d.open:
		return nil
	}
	b := &d.blobs[len(d.blobs)-1]
	if d.starred {
		d.starred = false
		more := l.offset - len(b.data)
		if d.repeated += max(more, 0); len(d.last) == 0 || more < 0 || d.repeated > maxRepeated {
			return &misread{at, fmt.Sprintf("offset %x does not follow on an asterisk at %x, or stands for more than %d bytes", l.offset, len(b.data), maxRepeated)}
		}
		for len(b.data) < l.offset {
			b.data = append(b.data, d.last[:min(len(d.last), l.offset-len(b.data))]...)
		}
	}
	if l.rest == "" { // the offset behind the end
		if l.offset < len(b.data) && len(b.data)-l.offset < 2 {
			b.data = b.data[:l.offset] // hexdump writes whole words
		}
		d.open = false
		return nil
	}
	if l.offset != len(b.data) {
		return &misread{at, fmt.Sprintf("offset %x, expected %x or 0 for the next packet", l.offset, len(b.data))}
	}
	want := 0
	next, _, _ := strings.Cut(behind, "\n")
	if n, ok := parseDumpLine(next, d.base); ok && n.offset > l.offset && n.offset-l.offset <= maxDumpLine/2 {
		want = n.offset - l.offset
	}
	row := l.bytes(want, d.width)
	switch {
	case len(row) == 0:
		return &misread{at + l.at, "expected bytes in hex behind the offset"}
	case want > 0 && want != len(row) && !(l.words() && len(row) == want+1):
		return &misread{at + l.at, fmt.Sprintf("%d bytes, expected %d before the next offset", len(row), want)}
	}
	b.data = append(b.data, row...)
	d.last = row
	d.width = max(d.width, len(row))
	return nil
}

// words tells that the dump is one of hexdump without -C, or of od -x: words of 16 bits, the low byte first.
func (l *dumpLine) words() bool { return (l.digits == 6 || l.digits == 7) && !l.sign }

// bytes reads the bytes of a line and leaves the characters behind them. There are want, if that is known, and else no
// more than width, if that is.
func (l *dumpLine) bytes(want, width int) []byte {
	limit := want
	if limit == 0 {
		limit = width
	}
	var row []byte
	s, group := l.rest, 0
	for i := 0; i < len(s); {
		gap := 0
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i, gap = i+1, gap+1
		}
		if limit > 0 && len(row) >= limit && gap != 1 || gap >= 2 && want == 0 && depicts(s[i:], row) {
			break
		}
		start := i
		for i < len(s) && isHexDigit(s[i]) {
			i++
		}
		n := i - start
		if n == 0 || n%2 != 0 || i < len(s) && s[i] != ' ' && s[i] != '\t' || group > 0 && n > group {
			break
		}
		group = n
		old := len(row)
		row, _ = hex.AppendDecode(row, []byte(s[start:i]))
		if l.words() && n == 4 {
			row[old], row[old+1] = row[old+1], row[old]
		}
	}
	return row
}

// depicts tells whether the text is the characters of the bytes, with dots for those that cannot be seen. Spaces at the
// end may be lost.
func depicts(text string, row []byte) bool {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "|"), "|")
	if len(text) > len(row) {
		return false
	}
	for i := range len(text) {
		if text[i] != '.' && text[i] != row[i] {
			return false
		}
	}
	for _, c := range row[len(text):] {
		if c != ' ' {
			return false
		}
	}
	return true
}
