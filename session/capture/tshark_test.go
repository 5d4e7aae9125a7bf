package capture_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// tool finds one of Wireshark's programs. Where it is missing the test is skipped, but fails in CI.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed: %v", name, err)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// field is a member of a JSON object. tshark repeats names, so that an object is a list.
type field struct {
	name  string
	value any // string, []any, object or nil
}

type object []field

func (o object) get(name string) any {
	for _, f := range o {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

func (o object) text(name string) string {
	s, _ := o.get(name).(string)
	return s
}

// bytes gives the bytes of a field in the packet: tshark writes them as ["hex", position, length, mask, type].
func (o object) bytes(name string) []byte {
	list, _ := o.get(name + "_raw").([]any)
	if len(list) == 0 {
		return nil
	}
	b, _ := hex.DecodeString(list[0].(string))
	return b
}

// contains tells whether there is a member of that name at any depth.
func (o object) contains(name string) bool {
	return slices.ContainsFunc(o, func(f field) bool {
		inner, _ := f.value.(object)
		return f.name == name || inner.contains(name)
	})
}

func decodeJSON(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeJSON(d)
			if err != nil {
				return nil, err
			}
			o = append(o, field{name.(string), value})
		}
		_, err = d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, err := decodeJSON(d)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = d.Token()
		return list, err
	}
	return token, nil
}

// tsharkLayers runs tshark on a capture file and gives the layers of each packet.
func tsharkLayers(t *testing.T, path string, arguments ...string) []object {
	t.Helper()
	command := exec.Command(tool(t, "tshark"), append([]string{"-n", "-r", path, "-T", "json", "-x"}, arguments...)...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(output)
	d.UseNumber()
	value, decodeErr := decodeJSON(d)
	_, _ = io.Copy(io.Discard, output)
	if err := command.Wait(); err != nil || decodeErr != nil {
		t.Fatalf("tshark: %v, %v: %s", err, decodeErr, complaints.String())
	}
	var layers []object
	for _, packet := range value.([]any) {
		source, _ := packet.(object).get("_source").(object)
		layer, _ := source.get("layers").(object)
		layers = append(layers, layer)
	}
	return layers
}

// generate makes a message with what occurs: registered options with legal values, now and then unknown
// numbers, illegal lengths, and all sizes of deltas and lengths.
func generate(r *rand.Rand) []byte {
	m := protocol.Message{Type: protocol.Type(r.IntN(4)), MessageID: protocol.MessageID(r.Uint32())}
	codes := protocol.Codes()
	m.Code = codes[r.IntN(len(codes))].Code
	if r.IntN(20) == 0 {
		m.Code = protocol.Code(r.IntN(256))
	}
	if m.Code == protocol.Empty {
		b, _ := m.Append(nil)
		return b
	}
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	length := r.IntN(9)
	if r.IntN(30) == 0 {
		length = 13 + r.IntN(300)
	}
	m.Token = protocol.TokenOf(random(length))
	table := protocol.OptionTable()
	for range r.IntN(7) {
		row := table[r.IntN(len(table))]
		o := protocol.Option{Number: row.Number, Value: random(row.MinLen + r.IntN(min(row.MaxLen-row.MinLen, 20)+1))}
		if row.Format == protocol.FormatString {
			for i := range o.Value {
				o.Value[i] = 'a' + o.Value[i]%26
			}
		}
		switch r.IntN(25) {
		case 0:
			o.Number = protocol.OptionNumber(r.Uint32())
		case 1:
			o.Value = random(r.IntN(400))
		}
		m.Options = append(m.Options, o)
	}
	if r.IntN(2) == 0 {
		m.Payload = random(r.IntN(100))
	}
	b, err := m.Append(nil)
	if err != nil {
		panic(err)
	}
	return b
}

func mutate(r *rand.Rand, b []byte) []byte {
	for range 1 + r.IntN(3) {
		at := r.IntN(len(b))
		switch r.IntN(4) {
		case 0, 1:
			b[at] = byte(r.Uint32())
		case 2:
			b = b[:max(at, 1)]
		case 3:
			b = slices.Insert(b, at, byte(r.Uint32()))
		}
		switch r.IntN(16) { // what random changes seldom meet
		case 0, 1:
			b[0] ^= 1 << r.IntN(8) // version, type, token length
		case 2:
			b = append(b, protocol.PayloadMarker)
		case 3:
			b = append(b, 0xe0, 0xff, 0x80) // an option number that is large or too large
		case 4:
			b = append(b[:min(len(b), 4)], byte(r.Uint32())) // short
		case 5:
			if len(b) > 4 {
				b[0], b[1] = b[0]&0xf0, byte(protocol.Empty)
			}
		}
	}
	return b
}

// reading is what a program makes of a datagram.
type reading struct {
	typ, code, id string
	token         string
	options       string
	payload       string
}

func ours(m *protocol.Message) reading {
	r := reading{
		strconv.Itoa(int(m.Type)), strconv.Itoa(int(m.Code)), strconv.Itoa(int(m.MessageID)), m.Token.String(), "", hex.EncodeToString(m.Payload),
	}
	for _, o := range m.Options {
		r.options += fmt.Sprintf("%d=%x ", uint16(o.Number), o.Value)
	}
	return r
}

func theirs(t *testing.T, coap object) reading {
	r := reading{
		coap.text("coap.type"), coap.text("coap.code"), coap.text("coap.mid"), hex.EncodeToString(coap.bytes("coap.token")), "",
		hex.EncodeToString(coap.bytes("coap.payload")),
	}
	if r.payload == "" { // of a block tshark gives it another name
		r.payload = hex.EncodeToString(coap.bytes("coap.block_payload"))
	}
	var option []byte // the whole option, with its header
	for _, f := range coap {
		switch f.name {
		case "coap.opt.name_raw":
			option, _ = hex.DecodeString(f.value.([]any)[0].(string))
		case "coap.opt.name_tree":
			tree := f.value.(object)
			number, _, _ := strings.Cut(strings.TrimPrefix(tree.text("coap.opt.desc"), "Type "), ",")
			length, err := strconv.Atoi(tree.text("coap.opt.length"))
			if err != nil {
				t.Fatalf("tshark's option has no length: %v", tree)
			}
			if extension := tree.text("coap.opt.length_ext"); extension != "" {
				more, err := strconv.Atoi(extension)
				if err != nil {
					t.Fatal(err)
				}
				length = more + map[int]int{13: 13, 14: 269}[length]
			}
			if length > len(option) {
				r.options += fmt.Sprintf("%s=?%d of %x ", number, length, option)
				continue
			}
			r.options += fmt.Sprintf("%s=%x ", number, option[len(option)-length:])
		}
	}
	return r
}

// sample is a datagram with what both make of it.
type sample struct {
	datagram []byte
	message  protocol.Message
	err      *protocol.ParseError // nil if it was accepted here
	refused  bool                 // by tshark
	layers   object
}

// tokenLength is the field of the header.
func (s *sample) tokenLength() int { return int(s.datagram[0] & 15) }

// differences are the classes of datagrams that tshark and Parse see differently, with the rule that
// Parse follows. A datagram that neither is seen equally nor belongs to one of them fails the test, and so does a
// class without a datagram.
var differences = []struct {
	name    string
	section string
	is      func(s *sample) bool
}{
	{
		"tshark accepts another version, which must be ignored", "RFC 7252 §3",
		func(s *sample) bool { return s.err != nil && !s.refused && s.err.Ignored && s.datagram[0]>>6 != 1 },
	},
	{
		"tshark takes the reserved token lengths 9 to 12 and 15 for lengths", "RFC 7252 §3",
		func(s *sample) bool {
			return s.err != nil && !s.refused && s.err.Part == protocol.PartHeader && (s.tokenLength() > 8 && s.tokenLength() < 13 || s.tokenLength() == 15)
		},
	},
	{
		"tshark takes the token lengths 13 and 14 for lengths; they say that the length follows", "RFC 8974 §2.1",
		func(s *sample) bool { return s.tokenLength() == 13 || s.tokenLength() == 14 },
	},
	{
		"tshark accepts an Empty message with more than a header", "RFC 7252 §4.1",
		func(s *sample) bool { return s.err != nil && !s.refused && s.err.Section == "RFC 7252 §4.1" },
	},
	{
		"tshark accepts a payload marker without payload", "RFC 7252 §3",
		func(s *sample) bool {
			return s.err != nil && !s.refused && s.err.Part == protocol.PartPayload && s.datagram[len(s.datagram)-1] == protocol.PayloadMarker
		},
	},
	{
		"tshark goes on after an option number above 65535", "RFC 7252 §12.2",
		func(s *sample) bool { return s.err != nil && !s.refused && s.err.Section == "RFC 7252 §12.2" },
	},
	{
		"tshark stops at a value of OSCORE that has not the format of that; the message has that of a message", "RFC 8613 §6.1",
		func(s *sample) bool {
			return s.err == nil && s.refused && slices.ContainsFunc(s.message.Options, func(o protocol.Option) bool {
				return o.Number == protocol.OSCORE && !isOSCORE(o.Value)
			})
		},
	},
}

// isOSCORE tells whether a value is one of the OSCORE option (RFC 8613 §6.1).
func isOSCORE(value []byte) bool {
	if len(value) == 0 {
		return true
	}
	flags, rest := value[0], len(value)-1
	partialIV := int(flags & 7)
	rest -= partialIV
	if flags&0x10 != 0 { // a kid context follows its length
		if rest < 1 {
			return false
		}
		rest -= 1 + int(value[1+partialIV])
	}
	return flags&0xe0 == 0 && partialIV < 6 && rest >= 0
}

// notices are what tshark flags in an option but reads on: the fields must agree all the same, and the
// flag must have the reason given here.
var notices = []struct {
	name    string
	section string
	expert  string // tshark's name of the flag
	because func(m *protocol.Message) bool
}{
	{
		"tshark flags option numbers that it does not know; they are kept as they are", "RFC 7252 §5.4.1", "coap.invalid_option_number",
		func(m *protocol.Message) bool {
			return slices.ContainsFunc(m.Options, func(o protocol.Option) bool {
				return o.Number.Lookup(protocol.GET) == nil || slices.Contains(unknownToTshark, o.Number)
			})
		},
	},
	{
		"tshark flags option values of illegal length; such an option is treated like one that is not known", "RFC 7252 §5.4.3",
		"coap.invalid_option_range", illegalLength,
	},
	{
		"tshark flags an empty Uri-Query, which has a legal length", "RFC 7252 §5.10", "coap.invalid_option_range",
		func(m *protocol.Message) bool {
			return slices.ContainsFunc(m.Options, func(o protocol.Option) bool { return o.Number == protocol.URIQuery && len(o.Value) == 0 })
		},
	},
}

// unknownToTshark are registered options that tshark 4.0 does not have.
var unknownToTshark = []protocol.OptionNumber{
	protocol.QBlock1, protocol.EDHOC, protocol.QBlock2, protocol.Echo, protocol.NoResponse, protocol.RequestTag,
	protocol.OCFAcceptContentFormatVersion, protocol.OCFContentFormatVersion,
}

// illegalLength tells whether an option has a length that the registry of requests and responses forbids. tshark
// knows no other options, and reads those of signalling messages as if they were of that registry.
func illegalLength(m *protocol.Message) bool {
	return slices.ContainsFunc(m.Options, func(o protocol.Option) bool {
		row := o.Number.Lookup(protocol.GET)
		return row != nil && (len(o.Value) < row.MinLen || len(o.Value) > row.MaxLen)
	})
}

// 10,000 messages, half of them mutated, in one file: where tshark and Parse both accept, every field is
// the same; where they do not agree, the reason is known.
func TestAgainstTshark(t *testing.T) {
	tool(t, "tshark")
	const count = 10_000
	r := rand.New(rand.NewPCG(7252, 2014))
	samples := make([]sample, count)
	frames := make([]trace.Frame, count)
	for i := range samples {
		b := generate(r)
		if i%2 == 1 {
			b = mutate(r, b)
		}
		samples[i].datagram = b
		// An endpoint for each, so that tshark finds no retransmissions and no blocks to put together.
		source := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 50_000)
		frames[i] = seen(time.Duration(i), "", source, nodeB, b)
	}
	path := filepath.Join(t.TempDir(), "messages.pcapng")
	if err := os.WriteFile(path, write(t, frames), 0o600); err != nil {
		t.Fatal(err)
	}
	packets := tsharkLayers(t, path, "-d", "udp.port==5683,coap", "-J", "coap _ws.malformed")
	if len(packets) != count {
		t.Fatalf("tshark read %d packets of %d", len(packets), count)
	}

	agreed, refused := 0, 0
	classes, flagged := make([]int, len(differences)), make([]int, len(notices))
	unexplained := 0
	for i := range samples {
		s := &samples[i]
		s.layers = packets[i]
		coap, isCoAP := s.layers.get("coap").(object)
		if !isCoAP && s.layers.get("_ws.malformed") == nil {
			t.Fatalf("%x: tshark did not take it for CoAP: %v", s.datagram, s.layers)
		}
		// tshark stopped within CoAP, not within what it makes of the payload.
		s.refused = !isCoAP || coap.contains("coap.option_length_bad") ||
			s.layers.get("_ws.malformed") != nil && coap.get("coap.payload") == nil && coap.get("coap.block_payload") == nil
		if m, err := protocol.Parse(s.datagram); err != nil {
			s.err = err.(*protocol.ParseError)
		} else {
			s.message = m
		}
		class := slices.IndexFunc(differences, func(d struct {
			name    string
			section string
			is      func(s *sample) bool
		},
		) bool {
			return d.is(s)
		})
		switch {
		case class >= 0:
			classes[class]++
		case s.err != nil && s.refused:
			refused++
		case s.err == nil && !s.refused:
			agreed++
			explained := map[string]bool{}
			for j, notice := range notices {
				if coap.contains(notice.expert) && notice.because(&s.message) {
					explained[notice.expert] = true
					flagged[j]++
				}
			}
			for _, notice := range notices {
				if coap.contains(notice.expert) && !explained[notice.expert] {
					if unexplained++; unexplained <= 10 {
						t.Errorf("%x: %s, for another reason: %.2000v", s.datagram, notice.expert, coap)
					}
				}
			}
			if got, want := ours(&s.message), theirs(t, coap); got != want {
				if unexplained++; unexplained <= 10 {
					t.Errorf("%x:\n   parsed as %+v\ntshark reads %+v", s.datagram, got, want)
				}
			}
		default:
			if unexplained++; unexplained <= 10 {
				t.Errorf("%x: Parse says %v, tshark refuses it: %t\n%.2000v", s.datagram, s.err, s.refused, s.layers)
			}
		}
	}
	t.Logf("%d messages agree in all fields, %d are refused by both", agreed, refused)
	for i, n := range classes {
		t.Logf("%d: %s (%s)", n, differences[i].name, differences[i].section)
		if n == 0 {
			t.Errorf("no datagram is of this class: %s", differences[i].name)
		}
	}
	for i, n := range flagged {
		t.Logf("%d of those that agree: %s (%s)", n, notices[i].name, notices[i].section)
		if n == 0 {
			t.Errorf("no message has this flag: %s", notices[i].expert)
		}
	}
	if unexplained > 0 {
		t.Errorf("%d unexplained differences", unexplained)
	}
	if agreed < count/3 || refused == 0 {
		t.Errorf("only %d messages agree and %d are refused: the test says too little", agreed, refused)
	}
}
