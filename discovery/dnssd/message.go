package dnssd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// kind is the type of a record.
type kind uint16

// The types that DNS-SD is made of.
const (
	kindA    kind = 1
	kindPTR  kind = 12
	kindTXT  kind = 16
	kindAAAA kind = 28
	kindSRV  kind = 33
)

const (
	headerSize = 12
	classIN    = 1
	// topBit of the class flushes what is cached, in an answer (RFC 6762 §10.2).
	topBit = 0x8000

	maxName  = 255 // bytes, on the wire (RFC 1035 §2.3.4)
	maxLabel = 63
)

// name is a domain name, label by label, without the root. A label may have any bytes.
type name []string

// parseName reads a name that has no label with a dot in it, such as "_coap._udp.local".
func parseName(text string) name { return strings.Split(strings.TrimSuffix(text, "."), ".") }

// key is the same for the same names: upper and lower case of ASCII do not matter (RFC 6762 §16).
func (n name) key() string {
	var b strings.Builder
	for _, label := range n {
		b.WriteByte(byte(len(label))) // a label has at most 63 bytes
		for i := range len(label) {
			c := label[i]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

// String writes the name with dots between the labels, for people.
func (n name) String() string { return printable(strings.Join(n, ".")) }

// printable gives a text of the network as one that can be shown.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

// record is a resource record of a type that matters here.
type record struct {
	name  name
	kind  kind
	flush bool   // it replaces what is cached (RFC 6762 §10.2)
	ttl   uint32 // seconds; 0 says goodbye (RFC 6762 §10.1)

	target name       // of PTR and SRV
	port   uint16     // of SRV
	text   []string   // of TXT
	addr   netip.Addr // of A and AAAA
}

var errShort = errors.New("the packet ends early")

// parseResponse reads the records of a response, of all its sections. Of one with a mistake, what comes before it is given
// too. A query has none.
func parseResponse(data []byte) (records []record, err error) {
	if len(data) < headerSize {
		return nil, errShort
	}
	flags := binary.BigEndian.Uint16(data[2:])
	if flags>>15 == 0 || flags>>11&0xf != 0 || flags&0xf != 0 { // RFC 6762 §18.2, §18.3, §18.11
		return nil, nil
	}
	at := headerSize
	for range binary.BigEndian.Uint16(data[4:]) { // questions, which a responder may repeat to a one-shot querier (§6.7)
		if _, at, err = readName(data, at); err != nil {
			return nil, err
		}
		if at += 4; at > len(data) {
			return nil, errShort
		}
	}
	count := 0
	for section := 6; section < headerSize; section += 2 {
		count += int(binary.BigEndian.Uint16(data[section:]))
	}
	for i := range count {
		r, next, err := readRecord(data, at)
		if err != nil {
			return records, fmt.Errorf("record %d of %d: %w", i+1, count, err)
		}
		if at = next; r.kind != 0 {
			records = append(records, r)
		}
	}
	return records, nil
}

// readRecord reads a record; its kind is 0 where it does not matter here.
func readRecord(data []byte, at int) (r record, next int, err error) {
	if r.name, at, err = readName(data, at); err != nil {
		return r, at, err
	}
	if at+10 > len(data) {
		return r, at, errShort
	}
	class := binary.BigEndian.Uint16(data[at+2:])
	r.kind, r.flush, r.ttl = kind(binary.BigEndian.Uint16(data[at:])), class&topBit != 0, binary.BigEndian.Uint32(data[at+4:])
	size := int(binary.BigEndian.Uint16(data[at+8:]))
	at += 10
	next = at + size
	if next > len(data) {
		return r, at, errShort
	}
	if class&^topBit != classIN {
		r.kind = 0
		return r, next, nil
	}
	return r, next, r.readData(data, at, next)
}

// readData reads what the record says, between at and end.
func (r *record) readData(data []byte, at, end int) (err error) {
	switch r.kind {
	case kindPTR:
		r.target, at, err = readName(data[:end], at)
	case kindSRV:
		if end-at < 7 {
			return errShort
		}
		r.port = binary.BigEndian.Uint16(data[at+4:])
		r.target, at, err = readName(data[:end], at+6) // which may be compressed (RFC 6762 §18.14)
	case kindTXT:
		for at < end {
			size := int(data[at])
			if at++; at+size > end {
				return errShort
			}
			if size > 0 {
				r.text = append(r.text, string(data[at:at+size]))
			}
			at += size
		}
	case kindA, kindAAAA:
		want := 4
		if r.kind == kindAAAA {
			want = 16
		}
		if end-at != want {
			return fmt.Errorf("an address of %d bytes", end-at)
		}
		r.addr, _ = netip.AddrFromSlice(data[at:end])
		at = end
	default:
		r.kind = 0
		return nil
	}
	if err == nil && at != end {
		err = fmt.Errorf("%d bytes behind the data of a record", end-at)
	}
	return err
}

// readName reads a name, and gives where what follows it begins. Pointers lead only backwards, so that it comes to an end.
func readName(data []byte, at int) (n name, next int, err error) {
	size, first := 1, at // first is where the part that is read begins
	for {
		if at >= len(data) {
			return nil, at, errShort
		}
		switch c := int(data[at]); {
		case c == 0:
			return n, max(next, at+1), nil
		case c <= maxLabel:
			if at+1+c > len(data) {
				return nil, at, errShort
			}
			if size += 1 + c; size > maxName {
				return nil, at, fmt.Errorf("a name of more than %d bytes", maxName)
			}
			n = append(n, string(data[at+1:at+1+c]))
			at += 1 + c
		case c>>6 == 3:
			if at+2 > len(data) {
				return nil, at, errShort
			}
			to := int(binary.BigEndian.Uint16(data[at:]) & 0x3fff)
			if to >= first {
				return nil, at, errors.New("a pointer in a name that does not lead back")
			}
			if next == 0 {
				next = at + 2
			}
			at, first = to, to
		default:
			return nil, at, errors.New("a label of an unknown kind")
		}
	}
}

// question asks for records.
type question struct {
	name name
	kind kind
}

// query writes a query (RFC 6762 §18) for these records, by multicast, with those that are known already (§7.1). What
// has no room in a packet is left out: as many questions as it gives are in it.
func query(ask []question, known []record) (data []byte, asked int) {
	data = make([]byte, headerSize, 512)
	for _, q := range ask {
		next := appendName(data, q.name)
		next = binary.BigEndian.AppendUint16(next, uint16(q.kind))
		next = binary.BigEndian.AppendUint16(next, classIN)
		if len(next) > maxQuery && asked > 0 {
			break
		}
		data = next
		asked++
	}
	answers := uint16(0)
	for _, r := range known {
		next := appendName(data, r.name)
		next = binary.BigEndian.AppendUint16(next, uint16(r.kind))
		next = binary.BigEndian.AppendUint16(next, classIN)
		next = binary.BigEndian.AppendUint32(next, r.ttl)
		size := len(next)
		next = appendName(append(next, 0, 0), r.target)
		binary.BigEndian.PutUint16(next[size:], uint16(len(next)-size-2))
		if len(next) > maxQuery {
			break // one that is not said is answered once more
		}
		data = next
		answers++
	}
	binary.BigEndian.PutUint16(data[4:], uint16(asked))
	binary.BigEndian.PutUint16(data[6:], answers)
	return data, asked
}

// maxQuery is how large a query gets: it fits into any link's frames with the headers below.
const maxQuery = 1200

func appendName(data []byte, n name) []byte {
	for _, label := range n {
		data = append(append(data, byte(len(label))), label...)
	}
	return append(data, 0)
}
