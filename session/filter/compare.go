package filter

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"coapscope/protocol"
)

// predicate tells something of a packet: in comparisons, of p.value.
type predicate func(p *Packet) bool

// operator is how a field and a value are compared.
type operator uint8

const (
	noOperator operator = iota
	equal
	notEqual
	less
	lessEqual
	greater
	greaterEqual
	contains
	matches
	in
)

// operators are all, by how they are written; the first way of each is the one shown.
var operators = []struct {
	text  string
	op    operator
	about string
}{
	{"==", equal, "is equal to"},
	{"!=", notEqual, "is there, and not equal to"},
	{"<", less, "is less than"},
	{"<=", lessEqual, "is at most"},
	{">", greater, "is more than"},
	{">=", greaterEqual, "is at least"},
	{"contains", contains, "has within it"},
	{"matches", matches, "fits the regular expression"},
	{"in", in, "is one of {a, b, 1..5}"},
	{"eq", equal, ""},
	{"ne", notEqual, ""},
	{"lt", less, ""},
	{"le", lessEqual, ""},
	{"gt", greater, ""},
	{"ge", greaterEqual, ""},
	{"~", matches, ""},
}

// present tells whether the field is there.
func (f *Field) present() predicate {
	get := f.get
	if f.style == emptyStyle || f.style == bodyStyle {
		return func(p *Packet) bool { return get(p, 0) > 0 && len(p.value.b) > 0 }
	}
	return func(p *Packet) bool { return get(p, 0) > 0 }
}

// any tells whether a value of the field satisfies the test.
func (f *Field) any(test predicate) predicate {
	get := f.get
	return func(p *Packet) bool {
		for at := get(p, 0); at > 0; at = get(p, at) {
			if test(p) {
				return true
			}
		}
		return false
	}
}

// none tells whether the field is there and no value of it satisfies the test.
func (f *Field) none(test predicate) predicate {
	get := f.get
	return func(p *Packet) bool {
		at := get(p, 0)
		if at == 0 {
			return false
		}
		for ; at > 0; at = get(p, at) {
			if test(p) {
				return false
			}
		}
		return true
	}
}

func anyOf(tests []predicate) predicate {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(p *Packet) bool {
		for _, test := range tests {
			if test(p) {
				return true
			}
		}
		return false
	}
}

func allOf(tests []predicate) predicate {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(p *Packet) bool {
		for _, test := range tests {
			if !test(p) {
				return false
			}
		}
		return true
	}
}

// numeric tells whether values are numbers to the machine.
func (f *Field) numeric() bool {
	switch f.Kind {
	case Number, Duration, Code, Choice, Format:
		return true
	}
	return false
}

// comparison makes the test of one operator and one value; the text says what is wrong with it.
func (f *Field) comparison(op operator, l literal) (predicate, string) {
	switch op {
	case equal, notEqual:
		test, wrong := f.equalTest(l)
		if wrong != "" {
			return nil, wrong
		}
		if op == notEqual {
			return f.none(test), ""
		}
		return f.any(test), ""
	case contains:
		return f.containsTest(l)
	case matches:
		return f.matchesTest(l)
	}
	if !f.numeric() {
		return nil, f.Name + " is " + f.Kind.String() + ", which is not less or more; use ==, contains or matches"
	}
	s, wrong := f.spans(l)
	if wrong != "" {
		return nil, wrong
	}
	if len(s) != 1 {
		return nil, "“" + l.text + "” stands for several numbers; use == or in"
	}
	low, high := s[0].low, s[0].high
	switch op {
	case less:
		return f.any(func(p *Packet) bool { return p.value.n < low && !p.value.bad }), ""
	case lessEqual:
		return f.any(func(p *Packet) bool { return p.value.n <= high && !p.value.bad }), ""
	case greater:
		return f.any(func(p *Packet) bool { return p.value.n > high && !p.value.bad }), ""
	}
	return f.any(func(p *Packet) bool { return p.value.n >= low && !p.value.bad }), ""
}

// equalTest makes the test of p.value for being the literal.
func (f *Field) equalTest(l literal) (predicate, string) {
	switch f.Kind {
	case Flag:
		return nil, f.Name + " has no value: it is there or not; write " + f.Name + " or not " + f.Name
	case Text:
		want := l.text
		wanted := []byte(want)
		return func(p *Packet) bool {
			if p.value.s != "" {
				return p.value.s == want
			}
			return bytes.Equal(p.value.b, wanted)
		}, ""
	case Bytes:
		b, wrong := parseBytes(l)
		if wrong != "" {
			return nil, wrong
		}
		return func(p *Packet) bool { return bytes.Equal(p.value.b, b) }, ""
	case Endpoint:
		return endpointTest(l), ""
	}
	s, wrong := f.spans(l)
	if wrong != "" {
		return nil, wrong
	}
	return inSpans(s), ""
}

func inSpans(s []span) predicate {
	if len(s) == 1 {
		low, high := s[0].low, s[0].high
		return func(p *Packet) bool { return p.value.n >= low && p.value.n <= high && !p.value.bad }
	}
	return func(p *Packet) bool {
		for i := range s {
			if p.value.n >= s[i].low && p.value.n <= s[i].high {
				return !p.value.bad
			}
		}
		return false
	}
}

// rangeTest makes the test for a..b.
func (f *Field) rangeTest(a, b literal) (predicate, string) {
	if !f.numeric() {
		return nil, f.Name + " is " + f.Kind.String() + ", which has no ranges"
	}
	from, wrong := f.spans(a)
	if wrong != "" {
		return nil, wrong
	}
	to, wrong := f.spans(b)
	if wrong != "" {
		return nil, wrong
	}
	low, high := from[0].low, to[len(to)-1].high
	if low > high {
		return nil, "the range " + a.text + ".." + b.text + " is empty: the smaller end comes first"
	}
	return inSpans([]span{{low, high}}), ""
}

func (f *Field) containsTest(l literal) (predicate, string) {
	switch f.Kind {
	case Flag:
		return f.equalTest(l)
	case Bytes:
		b, wrong := parseBytes(l)
		if wrong != "" {
			return nil, wrong
		}
		return f.any(func(p *Packet) bool { return bytes.Contains(p.value.b, b) }), ""
	case Text:
		want := l.text
		wanted := []byte(want)
		return f.any(func(p *Packet) bool {
			if p.value.s != "" {
				return strings.Contains(p.value.s, want)
			}
			return bytes.Contains(p.value.b, wanted)
		}), ""
	}
	wanted := []byte(strings.ToLower(l.text))
	return f.any(func(p *Packet) bool {
		p.scratch = f.appendText(p.scratch[:0], p)
		return bytes.Contains(bytes.ToLower(p.scratch), wanted)
	}), ""
}

func (f *Field) matchesTest(l literal) (predicate, string) {
	if f.Kind == Flag {
		return f.equalTest(l)
	}
	re, err := regexp.Compile("(?i)" + l.text)
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		return nil, "no regular expression: " + strings.Replace(reason, "(?i)", "", 1)
	}
	switch f.Kind {
	case Text:
		return f.any(func(p *Packet) bool {
			if p.value.s != "" {
				return re.MatchString(p.value.s)
			}
			return re.Match(p.value.b)
		}), ""
	case Bytes:
		return f.any(func(p *Packet) bool { return re.Match(p.value.b) }), ""
	}
	return f.any(func(p *Packet) bool {
		p.scratch = f.appendText(p.scratch[:0], p)
		return re.Match(p.scratch)
	}), ""
}

func appendUint(out []byte, n uint64) []byte { return strconv.AppendUint(out, n, 10) }

func appendHex(out, b []byte) []byte { return hex.AppendEncode(out, b) }

// appendText appends p.value in words.
func (f *Field) appendText(out []byte, p *Packet) []byte {
	v := &p.value
	if v.bad {
		return appendHex(out, v.b[:min(len(v.b), maxShown)])
	}
	switch f.Kind {
	case Duration:
		if f.style == secondsStyle {
			return strconv.AppendFloat(out, duration(v.n).Seconds(), 'f', 6, 64)
		}
		return append(out, duration(v.n).String()...)
	case Code:
		return append(out, codeText(protocol.Code(v.n))...)
	case Choice:
		if v.n < uint64(len(f.Choices)) {
			return append(out, f.Choices[v.n]...)
		}
	case Format:
		if v.n <= 0xffff {
			return append(out, protocol.ContentFormat(v.n).String()...)
		}
	case Endpoint:
		if p.Source != nil {
			out = append(append(out, p.Source.DeviceName(v.endpoint)...), ' ')
		}
		return v.endpoint.AppendTo(out)
	case Flag:
		return append(out, "yes"...)
	case Text:
		if v.s != "" {
			return append(out, v.s...)
		}
		return append(out, v.b...)
	case Bytes:
		return appendHex(out, v.b)
	}
	if f.style == hexStyle {
		return append(out, protocol.MessageID(v.n).String()...)
	}
	return appendUint(out, v.n)
}
