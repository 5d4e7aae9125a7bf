package discovery

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strconv"
	"strings"

	"coapscope/protocol"
)

// maxTargets is how many hosts a list may have: a /16 of IPv4.
const maxTargets = 1 << 16

// Targets are hosts to ask one by one, as a user has written them.
type Targets []Target

// Target is a host, or a range of addresses.
type Target struct {
	Name        string     // of a host, to be resolved; empty for addresses
	First, Last netip.Addr // both included
	Port        uint16
}

// ParseTargets reads a list, separated by commas, blanks or lines: addresses, host names, ranges (192.0.2.1-40,
// 192.0.2.1-192.0.2.40), networks (192.0.2.0/28), each with :port behind it, or as a coap URI. An IPv6 address with a
// port has brackets around it. Port is for those without. The error says which part is wrong.
func ParseTargets(text string, port uint16) (Targets, error) {
	var all Targets
	count := 0
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n;", r) }) {
		t, err := parseTarget(word, port)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", word, err)
		}
		if count += t.Count(); count > maxTargets {
			return nil, fmt.Errorf("%q: with it there are more than %d hosts; search in parts", word, maxTargets)
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		return nil, errors.New("write hosts to ask, such as 192.0.2.1-40, 192.0.2.0/28 or sensor.example.com")
	}
	return all, nil
}

func parseTarget(word string, port uint16) (t Target, err error) {
	if strings.Contains(word, "://") {
		u, err := protocol.ParseURI(word)
		if err != nil {
			return t, err
		}
		if u.Scheme != protocol.CoAP {
			return t, fmt.Errorf("%s cannot be searched; write coap", u.Scheme)
		}
		if addr, ok := u.Addr(); ok {
			return single(addr, u.Port)
		}
		return named(u.Host, u.Port)
	}
	host, port, err := cutPort(word, port)
	if err != nil {
		return t, err
	}
	if prefix, err := netip.ParsePrefix(host); err == nil {
		return network(prefix, port)
	}
	if strings.Contains(host, "/") {
		return t, errors.New("a network is an address, / and the bits of its prefix, such as 192.0.2.0/28")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return single(addr, port)
	}
	if first, last, ok := strings.Cut(host, "-"); ok {
		if a, err := netip.ParseAddr(first); err == nil {
			return between(a, last, port)
		}
	}
	return named(host, port)
}

func named(host string, port uint16) (Target, error) {
	if !isHostName(host) {
		return Target{}, errors.New("this is neither an address, nor a range or network of them, nor the name of a host")
	}
	return Target{Name: host, Port: port}, nil
}

// cutPort takes a port from behind a host. Of an IPv6 address it is behind brackets.
func cutPort(word string, usual uint16) (host string, port uint16, err error) {
	text := ""
	switch inner, bracket := strings.CutPrefix(word, "["); {
	case bracket:
		end := strings.IndexByte(inner, ']')
		if end < 0 {
			return "", 0, errors.New("the ] is missing")
		}
		host, text = inner[:end], inner[end+1:]
		if text != "" && text[0] != ':' {
			return "", 0, errors.New("behind ] only a port can be, such as ]:5683")
		}
		if text == "" {
			return host, usual, nil
		}
		text = text[1:]
	case strings.Count(word, ":") == 1:
		host, text, _ = strings.Cut(word, ":")
	default:
		return word, usual, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("port %q: it has to be from 1 to 65535", text)
	}
	return host, uint16(n), nil
}

func single(addr netip.Addr, port uint16) (Target, error) {
	addr = addr.Unmap()
	switch {
	case addr.IsMulticast():
		return Target{}, errors.New("this is a group; search for it by multicast")
	case addr.IsUnspecified() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return Target{}, errors.New("this is no address of a host")
	case strings.ContainsAny(addr.Zone(), "[]/:,;"):
		return Target{}, fmt.Errorf("%q is no name of an interface", addr.Zone())
	case addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "":
		return Target{}, errors.New("it is the same on every link: write the interface behind it, as in fe80::1%eth0 (RFC 4007 §6)")
	}
	return Target{First: addr, Last: addr, Port: port}, nil
}

// network gives the hosts of a network: of IPv4 without its own address and that of broadcast.
func network(prefix netip.Prefix, port uint16) (Target, error) {
	prefix = prefix.Masked()
	if size := prefix.Addr().BitLen() - prefix.Bits(); size > 16 {
		return Target{}, fmt.Errorf("a network of 2^%d addresses is too large to ask each; 2^16 are the most", size)
	}
	first, last := prefix.Addr(), prefix.Addr().AsSlice()
	for i := prefix.Bits(); i < len(last)*8; i++ {
		last[i/8] |= 0x80 >> (i % 8)
	}
	end, _ := netip.AddrFromSlice(last)
	if first.Is4() && prefix.Bits() < 31 {
		first, end = first.Next(), end.Prev()
	}
	return span(first, end, port)
}

// between gives a range; its end may be only the last part of the address.
func between(first netip.Addr, last string, port uint16) (Target, error) {
	end, err := netip.ParseAddr(last)
	if err != nil {
		separator := "."
		if first.Is6() {
			separator = ":"
		}
		bare := first.WithZone("").String()
		if end, err = netip.ParseAddr(bare[:strings.LastIndex(bare, separator)+1] + last); err != nil {
			return Target{}, fmt.Errorf("the end %q of the range is no address, nor the last part of one", last)
		}
	}
	return span(first, end.WithZone(first.Zone()), port)
}

func span(first, last netip.Addr, port uint16) (Target, error) {
	for _, a := range []netip.Addr{first, last} {
		if _, err := single(a, port); err != nil {
			return Target{}, err
		}
	}
	if first.BitLen() != last.BitLen() || last.Less(first) {
		return Target{}, fmt.Errorf("the range ends at %s, before it begins at %s", last, first)
	}
	t := Target{First: first, Last: last, Port: port}
	if t.Count() > maxTargets {
		return Target{}, fmt.Errorf("there are more than %d hosts in it; search in parts", maxTargets)
	}
	return t, nil
}

// isHostName tells whether DNS may know the name (RFC 1123 §2.1), or mDNS.
func isHostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r >= 0x80) {
				return false
			}
		}
	}
	return strings.Trim(s, "0123456789.") != "" // an address with a mistake is no name
}

// Count is how many hosts there are; a name is one.
func (t Target) Count() int {
	if t.Name != "" || t.First == t.Last {
		return 1
	}
	a, b := t.First.As16(), t.Last.As16()
	n := 0
	for i := range a { // the difference, as far as it fits
		n = n<<8 + int(b[i]) - int(a[i])
		if n > maxTargets {
			return maxTargets + 1
		}
	}
	return n + 1
}

// Count is how many hosts there are, those that are written twice counted twice.
func (ts Targets) Count() (n int) {
	for _, t := range ts {
		n += t.Count()
	}
	return n
}

// endpoints goes over all, with a name as it is.
func (ts Targets) endpoints() iter.Seq2[netip.AddrPort, Target] {
	return func(yield func(netip.AddrPort, Target) bool) {
		for _, t := range ts {
			if t.Name != "" {
				if !yield(netip.AddrPort{}, t) {
					return
				}
				continue
			}
			for a := t.First; ; a = a.Next() {
				if !yield(netip.AddrPortFrom(a, t.Port), t) {
					return
				}
				if a == t.Last {
					break
				}
			}
		}
	}
}

// String writes the target as it can be read.
func (t Target) String() string {
	switch {
	case t.Name != "" && t.Port != protocol.Port:
		return t.Name + ":" + strconv.Itoa(int(t.Port))
	case t.Name != "":
		return t.Name
	case t.First == t.Last:
		return EndpointText(netip.AddrPortFrom(t.First, t.Port))
	case t.Port != protocol.Port:
		return fmt.Sprintf("[%s-%s]:%d", t.First, t.Last.WithZone(""), t.Port)
	}
	return t.First.String() + "-" + t.Last.WithZone("").String()
}

// String writes the list as it can be read.
func (ts Targets) String() string {
	words := make([]string, len(ts))
	for i, t := range ts {
		words[i] = t.String()
	}
	return strings.Join(words, ", ")
}
