package filter

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"coapscope/protocol"
)

// Kind is the type of a field's values. It says how a value is written and compared.
type Kind uint8

const (
	Number   Kind = iota // unsigned, decimal or 0x…
	Duration             // 20ms, 1.5s; a number alone is seconds
	Code                 // 2.05, GET, 4.xx, "Not Found"
	Choice               // one of a few words, or its number
	Text                 // "in quotes", or a bare word
	Bytes                // a1f3, a1:f3, or text in quotes
	Endpoint             // name, address, address:port, prefix/length
	Format               // number or media type of a content format
	Flag                 // present or not, without a value
)

var kindNames = [...]string{"number", "duration", "code", "word", "text", "bytes", "endpoint", "content format", "flag"}

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// value is one value of a field.
type value struct {
	n        uint64 // of Number, Code, Choice, Format; of Duration in an order-preserving form
	s        string // of Text, if it is not in b
	b        []byte // of Bytes and Text
	endpoint netip.AddrPort
	bad      bool // it is there, but cannot be read as its kind: equal to nothing
}

// get puts the value at place at into p.value and gives the place of the next one; 0 where there is none.
// The first is at 0.
type get func(p *Packet, at int) (next int)

// Field is something that can be asked for, and shown in a column.
type Field struct {
	Name  string
	Kind  Kind
	About string // in a few words

	// Choices are the words of a Choice, by their number.
	Choices []string

	get   get
	style style
}

// style says how values of a field differ from those of its kind.
type style uint8

const (
	plainStyle   style = iota
	hexStyle           // a Number in four hexadecimal digits
	secondsStyle       // a Duration in seconds
	emptyStyle         // Bytes that are there, but count as absent, while they are empty
	bodyStyle          // the same, and shown as text where they are text
)

// ofFindings tells whether the field tells of findings.
func (f *Field) ofFindings() bool { return f.Name == "finding" || f.Name == "severity" }

// Fields gives all fields, without those for options that the user has named.
func Fields() []Field { return slices.Clone(table) }

// Lookup finds a field by its name, in lower case. Besides the rows of [Fields] there is "option.N" for any number.
func Lookup(name string, names *protocol.Names) (*Field, bool) {
	if f, ok := byName[name]; ok {
		return f, true
	}
	if digits, ok := strings.CutPrefix(name, optionPrefix); ok {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || digits != strconv.FormatUint(n, 10) {
			return nil, false
		}
		return &Field{
			Name: name, Kind: Bytes, About: "option " + digits + ", whatever it is",
			get: optionGetter(protocol.OptionNumber(n), nil, bytesOf),
		}, true
	}
	for _, row := range names.NamedOptions() {
		if fieldName(row.Name) == name {
			f := namedField(row)
			return &f, true
		}
	}
	return nil, false
}

// fieldName makes the name of an option one word in lower case.
func fieldName(option string) string {
	return strings.Map(func(r rune) rune {
		if isNameRune(r) {
			return r
		}
		return '-'
	}, strings.ToLower(option))
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_'
}

// maxShown is how much of a value a column shows, in bytes, and how many values.
const (
	maxShown  = 64
	maxValues = 16
)

// Text gives the field's values as a column shows them, in one line; empty where there is none.
func (f *Field) Text(p *Packet) string {
	var out []byte
	n := 0
	for at := f.get(p, 0); at > 0; at = f.get(p, at) {
		if n++; n > maxValues {
			out = append(out, " …"...)
			break
		}
		if n > 1 {
			out = append(out, ", "...)
		}
		out = f.appendShown(out, p)
	}
	return string(out)
}

func (f *Field) appendShown(out []byte, p *Packet) []byte {
	v := &p.value
	switch {
	case f.Kind == Bytes && !v.bad && (f.style != bodyStyle || !printable(v.b)):
		if len(v.b) > maxShown {
			return append(appendHex(out, v.b[:maxShown]), "…"...)
		}
		return appendHex(out, v.b)
	case f.Kind == Text || f.Kind == Bytes:
		text := v.s
		if text == "" {
			text = string(v.b[:min(len(v.b), 4*maxShown)])
		}
		return append(out, oneLine(text)...)
	case f.Kind == Endpoint && p.Source != nil:
		return append(out, p.Source.DeviceName(v.endpoint)...)
	}
	return f.appendText(out, p)
}

// oneLine puts a sign in place of what is no text, and bounds the length.
func oneLine(s string) string {
	n := 0
	s = strings.Map(func(r rune) rune {
		if n++; n > 2*maxShown {
			return -1
		}
		if r == '\uFFFD' || !strconv.IsPrint(r) {
			return '·'
		}
		return r
	}, s)
	if n > 2*maxShown {
		s += "…"
	}
	return s
}

func printable(b []byte) bool {
	for _, r := range string(b[:min(len(b), maxShown)]) {
		if r == '\uFFFD' && len(b) <= maxShown || r != '\n' && r != '\t' && r != '\r' && r != '\uFFFD' && !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}
