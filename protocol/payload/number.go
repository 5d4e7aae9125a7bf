package payload

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxNumberPayload = 4096 // bytes of a payload in which a number is looked for
	maxTreeDepth     = 8
)

// Number finds the one number that a payload is about, for lists and charts: a number in plain text, with a unit behind it
// or not; a JSON or CBOR number; a SenML pack of one record (RFC 8428); or a map in which "v" or "value" is a number, or only
// one entry is. The unit is as people write it: °C for SenML's Cel. It is false where there is no such number.
func Number(format int, data []byte) (value float64, unit string, ok bool) {
	if len(data) == 0 || len(data) > maxNumberPayload {
		return 0, "", false
	}
	switch best(familyOf(format), sniff(data), data) {
	case text:
		return textNumber(string(data))
	case jsonText:
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		n, good := jsonNode(d, 1)
		if !good || d.More() {
			return 0, "", false
		}
		return n.number()
	case cborItem:
		n, end := cborNode(data, 0, 1, senml(format))
		if end != len(data) {
			return 0, "", false
		}
		return n.number()
	}
	return 0, "", false
}

// textNumber takes a number with at most a short unit behind it, such as "21.4" or "22.3 °C".
func textNumber(s string) (float64, string, bool) {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && strings.IndexByte("+-.0123456789", s[end]) >= 0 {
		end++
	}
	if end < len(s) && (s[end] == 'e' || s[end] == 'E') {
		exponent := end + 1
		for exponent < len(s) && strings.IndexByte("+-0123456789", s[exponent]) >= 0 {
			exponent++
		}
		if _, err := strconv.ParseFloat(s[:exponent], 64); err == nil {
			end = exponent
		}
	}
	v, err := strconv.ParseFloat(s[:end], 64)
	unit := strings.TrimSpace(s[end:])
	if err != nil || utf8.RuneCountInString(unit) > 8 {
		return 0, "", false
	}
	for _, r := range unit {
		if !unicode.IsLetter(r) && !strings.ContainsRune("°%/²³²·µ^-0123456789", r) {
			return 0, "", false
		}
	}
	if unit != "" && unicode.IsDigit([]rune(unit)[0]) {
		return 0, "", false
	}
	if unit == "C" { // 22.3 C, as in RFC 7252 Appendix A
		unit = "°C"
	}
	return v, unitName(unit), true
}

// unitName gives a unit as people write it, where SenML's symbol is another (RFC 8428 §12.1).
func unitName(symbol string) string {
	switch symbol {
	case "Cel":
		return "°C"
	case "%RH", "%EL":
		return "%"
	case "m2":
		return "m²"
	case "m3":
		return "m³"
	case "m/s2":
		return "m/s²"
	case "W/m2":
		return "W/m²"
	case "Ohm":
		return "Ω"
	case "/":
		return ""
	}
	return symbol
}

type nodeKind uint8

const (
	otherNode nodeKind = iota
	numberNode
	textNode
	listNode
	mapNode
)

// node is a value of JSON or CBOR, as far as finding a number needs it.
type node struct {
	kind  nodeKind
	value float64
	text  string
	keys  []string // of a map, beside items
	items []node
}

func (n node) number() (value float64, unit string, ok bool) {
	switch n.kind {
	case numberNode:
		return n.value, "", true
	case listNode:
		if len(n.items) == 1 && n.items[0].kind == mapNode { // a SenML pack of one record
			return n.items[0].number()
		}
	case mapNode:
		return n.entry()
	}
	return 0, "", false
}

func (n node) entry() (float64, string, bool) {
	unit := n.unit()
	base := n.get("bv").value // 0 where there is none (RFC 8428 §4.1)
	for _, key := range []string{"v", "value"} {
		if m := n.get(key); m.kind == numberNode {
			if key == "v" {
				return base + m.value, unit, true
			}
			return m.value, unit, true
		}
	}
	// Else the only number that is no matter of SenML's, or "t" if there are several.
	found, count := node{}, 0
	for i, m := range n.items {
		if m.kind == numberNode && !strings.HasPrefix(n.keys[i], "b") {
			found = m
			count++
		}
	}
	if count > 1 {
		found = n.get("t")
	}
	return found.value, unit, found.kind == numberNode
}

func (n node) get(key string) node {
	for i, k := range n.keys {
		if k == key {
			return n.items[i]
		}
	}
	return node{}
}

func jsonNode(d *json.Decoder, depth int) (node, bool) {
	token, err := d.Token()
	if err != nil || depth > maxTreeDepth {
		return node{}, false
	}
	switch t := token.(type) {
	case json.Number:
		v, err := t.Float64()
		if err != nil {
			return node{}, true
		}
		return node{kind: numberNode, value: v}, true
	case string:
		return node{kind: textNode, text: t}, true
	case json.Delim:
		n := node{kind: listNode}
		if t == '{' {
			n.kind = mapNode
		}
		for d.More() {
			if n.kind == mapNode {
				key, err := d.Token()
				name, ok := key.(string)
				if err != nil || !ok {
					return n, false
				}
				n.keys = append(n.keys, name)
			}
			item, ok := jsonNode(d, depth+1)
			if !ok {
				return n, false
			}
			n.items = append(n.items, item)
		}
		_, err := d.Token()
		return n, err == nil
	}
	return node{}, true
}

// cborNode reads the item at pos; the end is -1 where that is not possible.
func cborNode(data []byte, pos, depth int, labels bool) (node, int) {
	h, err := readHead(data, pos)
	if err != nil || depth > maxTreeDepth {
		return node{}, -1
	}
	number := func(v float64, end int) (node, int) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return node{}, end
		}
		return node{kind: numberNode, value: v}, end
	}
	switch h.major {
	case majorUnsigned:
		return number(float64(h.argument), h.end)
	case majorNegative:
		return number(-1-float64(h.argument), h.end)
	case majorSimple:
		if h.info >= 25 && h.info <= 27 {
			return number(floatValue(h), h.end)
		}
	case majorTag:
		if v, end, ok := fraction(data, h); ok {
			return number(v, end)
		}
		return cborNode(data, h.end, depth+1, labels)
	case majorArray, majorMap:
		return cborContainer(data, h, depth, labels)
	case majorText:
		if h.info != indefinite {
			end := h.end + int(h.argument)
			return node{kind: textNode, text: string(data[h.end:end])}, end
		}
	}
	end, err := skipItem(data, pos)
	if err != nil {
		return node{}, -1
	}
	return node{}, end
}

func cborContainer(data []byte, h head, depth int, labels bool) (node, int) {
	n := node{kind: listNode}
	if h.major == majorMap {
		n.kind = mapNode
	}
	end := h.end
	for i := uint64(0); h.info == indefinite || i < h.argument; i++ {
		if h.info == indefinite && end < len(data) && data[end] == breakByte {
			return n, end + 1
		}
		if n.kind == mapNode {
			var key node
			if key, end = cborNode(data, end, depth+1, labels); end < 0 {
				return n, -1
			}
			if key.kind == numberNode {
				if labels {
					key.text = senmlLabels[int64(key.value)]
				}
				if key.text == "" {
					key.text = strconv.FormatFloat(key.value, 'f', -1, 64)
				}
			}
			n.keys = append(n.keys, key.text)
		}
		var item node
		if item, end = cborNode(data, end, depth+1, labels); end < 0 {
			return n, -1
		}
		n.items = append(n.items, item)
	}
	return n, end
}

// fraction gives the value of a bignum, a decimal fraction or a bigfloat (RFC 8949 §3.4.3, §3.4.4).
func fraction(data []byte, h head) (value float64, end int, ok bool) {
	c, err := readHead(data, h.end)
	switch {
	case err != nil || c.info == indefinite:
	case (h.argument == 2 || h.argument == 3) && c.major == majorBytes:
		end = c.end + int(c.argument)
		v, _ := new(big.Float).SetInt(new(big.Int).SetBytes(data[c.end:end])).Float64()
		if h.argument == 3 {
			v = -1 - v
		}
		return v, end, true
	case (h.argument == 4 || h.argument == 5) && c.major == majorArray && c.argument == 2:
		exponent, end := cborNode(data, c.end, maxTreeDepth, false)
		if end < 0 || exponent.kind != numberNode {
			break
		}
		mantissa, end := cborNode(data, end, maxTreeDepth-1, false)
		if end < 0 || mantissa.kind != numberNode {
			break
		}
		if h.argument == 5 {
			return math.Ldexp(mantissa.value, int(max(-5000, min(5000, exponent.value)))), end, true
		}
		// The nearest float to the decimal, which multiplying would miss.
		v, err := strconv.ParseFloat(strconv.FormatFloat(mantissa.value, 'f', -1, 64)+"e"+strconv.FormatFloat(exponent.value, 'f', -1, 64), 64)
		return v, end, err == nil
	}
	return 0, 0, false
}
