package snippet

import (
	"encoding/hex"
	"fmt"
	"strings"

	"coapscope/protocol"
)

// writeFilter gives a display filter of Wireshark that finds this request and those like it: with its code, type, and
// options, sent to where it goes.
func writeFilter(r *request) (string, error) {
	var terms []string
	add := func(format string, args ...any) { terms = append(terms, fmt.Sprintf(format, args...)) }
	if addr, ok := r.to.Addr(); ok {
		family := "ip"
		if addr.Is6() {
			family = "ipv6"
		}
		add("%s.dst == %s", family, addr.WithZone(""))
	}
	add("udp.dstport == %d", r.to.Port)
	if r.raw && !r.ping() {
		add("udp.payload == %s", colons(r.datagram))
		return strings.Join(terms, " && "), nil
	}
	add("coap.code == %d", r.code)
	add("coap.type == %d", r.kind)
	if r.fixedID {
		add("coap.mid == %d", r.id)
	}
	if r.fixed || r.token.Len() > 0 {
		if r.token.Len() == 0 {
			add("coap.token_len == 0")
		} else {
			add("coap.token == %s", colons(r.token.Bytes()))
		}
	}
	for _, o := range r.options {
		if field := filterFields[o.Number]; field != "" {
			if text, ok := filterText(string(o.Value)); ok && text != "" {
				add(`%s == "%s"`, field, text)
			}
		}
	}
	switch {
	case r.cut || r.file != "": // each block has options more
	case len(r.options) == 0:
		add("!coap.opt.name")
	default:
		add("count(coap.opt.name) == %d", len(r.options))
	}
	// What Wireshark calls values differs from version to version. Bytes do not.
	var all []byte
	before := protocol.OptionNumber(0)
	for _, o := range r.options {
		if o.Number > protocol.Block1 && (r.cut || r.file != "") {
			break // behind the option that each block has besides
		}
		all = append(all, encoded(before, o)...)
		before = o.Number
	}
	if len(all) > 0 {
		add("coap contains %s", colons(all))
	}
	return strings.Join(terms, " && "), nil
}

// filterFields are the options that Wireshark shows as the text that they are.
var filterFields = map[protocol.OptionNumber]string{
	protocol.URIPath: "coap.opt.uri_path", protocol.URIQuery: "coap.opt.uri_query",
}

// filterText writes a string for a filter; false for one that Wireshark may show in other words.
func filterText(s string) (string, bool) {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return "", false
		}
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s), true
}

// encoded gives the bytes of an option behind one of the number before.
func encoded(before protocol.OptionNumber, o protocol.Option) []byte {
	delta := int(o.Number - before)
	b := []byte{protocol.Nibble(delta)<<4 | protocol.Nibble(len(o.Value))}
	b = protocol.AppendExtension(b, delta)
	b = protocol.AppendExtension(b, len(o.Value))
	return append(b, o.Value...)
}

func colons(b []byte) string {
	digits := hex.EncodeToString(b)
	var s strings.Builder
	for i := 0; i < len(digits); i += 2 {
		if i > 0 {
			s.WriteByte(':')
		}
		s.WriteString(digits[i : i+2])
	}
	return s.String()
}
