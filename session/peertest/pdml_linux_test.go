package peertest_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"coapscope/session/peertest"
)

// element is a field or a protocol of PDML, tshark's form of a dissection with positions.
type element struct {
	Name     string    `xml:"name,attr"`
	ShowName string    `xml:"showname,attr"` // as a line of text, with a picture of the bits: "..01 .... = Type: Non-confirmable (1)"
	Show     string    `xml:"show,attr"`     // the value
	Value    string    `xml:"value,attr"`    // in hex; of some bits of a byte as a number
	Pos      int       `xml:"pos,attr"`      // first byte
	Size     int       `xml:"size,attr"`     // in bytes
	Fields   []element `xml:"field"`
}

// pdml gives the CoAP messages that tshark finds in a capture file, in order.
func pdml(t *testing.T, path string, args ...string) []element {
	t.Helper()
	// ICMP quotes messages, which is no second message.
	args = append([]string{"-n", "-r", path, "-T", "pdml", "-Y", "coap && !icmp", "-J", "coap"}, args...)
	command := exec.Command(peertest.Program(t, "tshark"), args...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, &complaints)
	}
	var file struct {
		Packets []struct {
			Protocols []element `xml:"proto"`
		} `xml:"packet"`
	}
	if err := xml.Unmarshal(output, &file); err != nil {
		t.Fatalf("tshark's PDML: %v", err)
	}
	var messages []element
	for _, packet := range file.Packets {
		for _, p := range packet.Protocols {
			if p.Name == "coap" {
				messages = append(messages, p)
			}
		}
	}
	return messages
}

// bits gives the place of the field among the bits of a message that starts at the byte base.
func (e element) bits(base int) (first, count int) {
	first, count = (e.Pos-base)*8, e.Size*8
	picture, _, isPicture := strings.Cut(e.ShowName, " = ")
	picture = strings.ReplaceAll(picture, " ", "")
	if isPicture && strings.Trim(picture, ".01") == "" {
		first += strings.IndexAny(picture, "01")
		count = len(strings.Trim(picture, "."))
	}
	return first, count
}

// decimal gives the value as a number.
func (e element) decimal() string {
	n, err := strconv.ParseUint(e.Value, 16, 64)
	if err != nil {
		return e.Show
	}
	return strconv.FormatUint(n, 10)
}

// text is the value as tshark describes it, without its name: "Confirmable (0)".
func (e element) text() string {
	_, text, _ := strings.Cut(e.ShowName, ": ")
	return text
}

// part is what a program says of a part of a message.
type part struct {
	what string // "type", "option 2 value"; options count from 1
	is   string // in words that both programs are brought to
}

func (p part) String() string { return fmt.Sprintf("%s: %s", p.what, p.is) }

// placed is a part with its bits.
func placed(what string, first, count int, is string) part {
	return part{what, fmt.Sprintf("%s at bits %d+%d", is, first, count)}
}

// theirs brings tshark's message to parts.
func theirs(m element) (parts []part) {
	base := m.Fields[0].Pos
	add := func(what string, e element, is string) {
		first, count := e.bits(base)
		parts = append(parts, placed(what, first, count, is))
	}
	option := 0
	for _, f := range m.Fields {
		switch f.Name {
		case "coap.version":
			add("version", f, f.decimal())
		case "coap.length":
			parts = append(parts, part{"length", f.Show})
		case "coap.type":
			name, _, _ := strings.Cut(f.text(), " (")
			add("type", f, f.decimal()+" "+strings.ToLower(name))
		case "coap.token_len":
			add("token length", f, f.decimal())
		case "coap.code":
			name, _, _ := strings.Cut(f.text(), " (")
			add("code", f, f.decimal()+" "+strings.TrimSuffix(name, " Message"))
		case "coap.mid":
			add("message ID", f, f.decimal())
		case "coap.token":
			add("token", f, f.Value)
		case "coap.opt.name":
			option++
			parts = append(parts, theirOption(fmt.Sprintf("option %d ", option), f, base)...)
		case "coap.opt.end_marker":
			add("marker", f, f.Show)
		case "coap.block_payload":
			add("payload", f, f.Value)
		case "coap.payload":
			// Where the last block has come, this is the whole body.
			if parts[len(parts)-1].what != "payload" {
				add("payload", f, f.Value)
			}
		case "_ws.expert":
			parts = append(parts, part{"expert", strings.TrimPrefix(f.ShowName, "Expert Info ")})
		}
	}
	return parts
}

// theirOption brings an option to parts.
func theirOption(prefix string, o element, base int) (parts []part) {
	add := func(what string, first, count int, is string) {
		parts = append(parts, placed(prefix+what, first, count, is))
	}
	first, count := o.bits(base)
	header := 1
	var meaning []string
	for _, f := range o.Fields {
		at, n := f.bits(base)
		_, name, _ := strings.Cut(f.Name, "coap.opt.")
		switch name {
		case "desc":
			number, properties, _ := strings.Cut(strings.TrimPrefix(f.Show, "Type "), ", ")
			_, title, _ := strings.Cut(o.Show, ": ")
			add("", first, count, number)
			parts = append(parts, part{prefix + "name", strings.ToLower(title)}, part{prefix + "properties", properties})
		case "delta", "length":
			add(name, at, n, f.decimal())
		case "delta_ext", "length_ext":
			header += f.Size
			add(name, at, n, f.decimal())
		case "object_security_reserved", "object_security_kid_context_present", "object_security_kid_present", "object_security_piv_len":
			add(name, at, n, f.decimal())
		case "object_security_piv", "object_security_kid_context", "object_security_kid":
			if n > 0 {
				add(name, at, n, f.Value)
			}
		case "object_security_kid_context_len":
			add(name, at, n, f.decimal())
		case "block_number", "block_mflag", "block_size":
			meaning = append(meaning, f.Show)
		case "":
			if f.Name == "_ws.expert" {
				parts = append(parts, part{prefix + "expert", strings.TrimPrefix(f.ShowName, "Expert Info ")})
			}
		default:
			meaning = append(meaning, f.Show)
		}
	}
	if count > header*8 {
		add("value", first+header*8, count-header*8, o.Value[header*2:])
	}
	if meaning != nil {
		parts = append(parts, part{prefix + "meaning", strings.Join(meaning, " ")})
	}
	return parts
}
