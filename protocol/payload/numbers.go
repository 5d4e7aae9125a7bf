package payload

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxNumbers    = 64 // that are found in a payload
	maxNumberPath = 64 // bytes of a path
	maxTextName   = 24 // characters of a name before a number in plain text
)

// Found is a number in a payload.
type Found struct {
	// Path says where it stands: "" for the only one; "t", "air.humidity" or "hist[3]" in JSON and CBOR; the name of the
	// record in SenML (RFC 8428 §4.5.1); the name before it in text, or "#2" for the second one without.
	Path  string
	Value float64
	Unit  string // as people write it: °C for SenML's Cel; empty for none
	// Symbol is the unit of a record of SenML as it stands there (RFC 8428 §12.1): %RH and %EL are both % to people.
	Symbol string
}

// Numbers lists the numbers of a payload, at most 64. The one that [Number] finds comes first, the others are in the order
// of the payload. Each path is there once; the first of equal ones counts.
func Numbers(format int, data []byte) []Found {
	if len(data) == 0 || len(data) > maxNumberPayload {
		return nil
	}
	var n node
	switch best(familyOf(format), sniff(data), data) {
	case text:
		return textNumbers(string(data))
	case jsonText:
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var good bool
		if n, good = jsonNode(d, 1); !good || d.More() {
			return nil
		}
	case cborItem:
		var end int
		if n, end = cborNode(data, 0, 1, senml(format)); end != len(data) {
			return nil
		}
	default:
		return nil
	}
	var l numberList
	if n.isPack(format) {
		l.pack(n)
	}
	if len(l.found) == 0 {
		l.add(n, "", "")
	}
	if value, unit, ok := n.number(); ok {
		l.first(value, unit)
	}
	return l.found
}

// numberList collects numbers.
type numberList struct{ found []Found }

func (l *numberList) full() bool { return len(l.found) >= maxNumbers }

func (l *numberList) put(f Found) {
	if l.full() {
		return
	}
	if len(f.Path) > maxNumberPath {
		cut := maxNumberPath
		for cut > 0 && !utf8.RuneStart(f.Path[cut]) {
			cut--
		}
		f.Path = f.Path[:cut] + "…"
	}
	for i := range l.found {
		if l.found[i].Path == f.Path {
			return
		}
	}
	l.found = append(l.found, f)
}

// first has the number that the payload is about lead the list.
func (l *numberList) first(value float64, unit string) {
	for i, f := range l.found {
		if f.Value == value {
			if f.Unit == "" {
				f.Unit = unit
			}
			copy(l.found[1:i+1], l.found[:i])
			l.found[0] = f
			return
		}
	}
}

// add adds the numbers of a value. unit is that of the map it stands in.
func (l *numberList) add(n node, path, unit string) {
	if l.full() {
		return
	}
	switch n.kind {
	case numberNode:
		l.put(Found{Path: path, Value: n.value, Unit: unit})
	case listNode:
		for i, item := range n.items {
			l.add(item, path+"["+strconv.Itoa(i)+"]", "")
		}
	case mapNode:
		unit := n.unit()
		for i, item := range n.items {
			u := ""
			if key := n.keys[i]; key == "v" || key == "value" || key == "t" { // what a unit beside it is of
				u = unit
			}
			l.add(item, joinPath(path, n.keys[i]), u)
		}
	}
}

func joinPath(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\" ") {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// unit gives the unit that a map names.
func (n node) unit() string {
	for _, key := range [...]string{"u", "unit", "bu"} {
		if m := n.get(key); m.kind == textNode && utf8.RuneCountInString(m.text) <= 16 {
			return unitName(m.text)
		}
	}
	return ""
}

// isPack tells whether it is a SenML pack: by its Content-Format, or because its records look like that.
func (n node) isPack(format int) bool {
	if n.kind != listNode || len(n.items) == 0 || n.items[0].kind != mapNode {
		return false
	}
	first := n.items[0]
	return senml(format) || first.get("bn").kind == textNode || first.get("n").kind == textNode && first.get("v").kind == numberNode
}

// pack adds the records of a SenML pack, base fields worked in (RFC 8428 §4.6). A base name that all have is left out.
func (l *numberList) pack(n node) {
	base, baseUnit, baseValue, bases := "", "", 0.0, 0
	for _, r := range n.items {
		if r.kind != mapNode || l.full() {
			continue
		}
		if m := r.get("bn"); m.kind == textNode {
			base, bases = m.text, bases+1
		}
		if m := r.get("bu"); m.kind == textNode {
			baseUnit = m.text
		}
		if m := r.get("bv"); m.kind == numberNode {
			baseValue = m.value
		}
		unit := baseUnit
		if m := r.get("u"); m.kind == textNode {
			unit = m.text
		}
		name := base + r.get("n").text
		for i, key := range [...]string{"v", "s"} {
			m := r.get(key)
			if m.kind != numberNode {
				continue
			}
			value := m.value
			if i == 0 {
				value += baseValue
			} else {
				name += " sum"
			}
			l.put(Found{name, value, unitName(unit), unit})
		}
	}
	if bases != 1 || len(l.found) < 2 {
		return
	}
	for i := range l.found {
		if short := strings.TrimPrefix(l.found[i].Path, base); short != "" {
			l.found[i].Path = short
		}
	}
}

// textNumbers finds a number with a unit that is all of the text, or else those in a text such as "T=21.4 C; H: 40 %".
func textNumbers(s string) []Found {
	if v, unit, ok := textNumber(s); ok {
		return []Found{{Value: v, Unit: unit}}
	}
	var l numberList
	for pos, n := 0, 0; pos < len(s) && !l.full(); {
		start := pos + strings.IndexAny(s[pos:], "+-.0123456789")
		if start < pos {
			break
		}
		end := start
		for end < len(s) && strings.IndexByte("+-.0123456789", s[end]) >= 0 {
			end++
		}
		pos = end
		before, _ := utf8.DecodeLastRuneInString(s[:start])
		v, err := strconv.ParseFloat(s[start:end], 64)
		if err != nil || start > 0 && !unicode.IsSpace(before) && !strings.ContainsRune("=:;,|([", before) {
			continue // a date, a version, or a part of a word
		}
		unit, wide := textUnit(s[end:])
		if unit == "" && wide > 0 {
			continue
		}
		n++
		name := textName(s[:start])
		if name == "" {
			name = "#" + strconv.Itoa(n)
		}
		l.put(Found{Path: name, Value: v, Unit: unit})
	}
	return l.found
}

// textUnit gives the unit behind a number, which ends with the text or where something else begins. wide is how long what
// stands right behind the number is.
func textUnit(s string) (unit string, wide int) {
	apart := strings.TrimLeft(s, " ")
	end := strings.IndexAny(apart, " \t\r\n;,|)]=:")
	if end < 0 {
		end = len(apart)
	}
	word := apart[:end]
	if len(apart) == len(s) {
		wide = end
	} else if rest := apart[end:]; strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, ":") {
		return "", 0 // the name of the next
	}
	if _, u, ok := textNumber("0 " + word); ok {
		return u, wide
	}
	return "", wide
}

// textName gives the name before a number: the last word, where = or : stands between them.
func textName(s string) string {
	s = strings.TrimRight(s, " ")
	if !strings.HasSuffix(s, "=") && !strings.HasSuffix(s, ":") {
		return ""
	}
	s = strings.TrimRight(s[:len(s)-1], " ")
	if at := strings.LastIndexAny(s, " \t\r\n;,|=:()[]"); at >= 0 {
		s = s[at+1:]
	}
	if utf8.RuneCountInString(s) > maxTextName || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return s
}
