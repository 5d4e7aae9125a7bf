package capture

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// Lines of the log that libcoap writes with -v 7 and more:
//
//	Nov 22 18:40:38.214 DEBG *  127.0.0.1:47011 <-> 127.0.0.1:5683 UDP : sent 19 bytes
//	v:1 t:CON c:GET i:61ba {01} [ Uri-Path:time ] :: 'payload'
//
// Since version 4.3.4 the first has "netif: recv   24 bytes", and on reliable transports the second is
// "v:Reliable c:GET {01} [ ]".
var (
	libcoapMessage = regexp.MustCompile(`v:(\d|Reliable|WebSocket) (?:t:(\w+) )?c:(\S+) (?:i:([0-9A-Fa-f]{1,4}) )?\{([0-9A-Fa-f]*)\} \[ ?`)
	libcoapWire    = regexp.MustCompile(`\*\s+(\S+) <-> (\S+) (\w+)\s*: (?:netif: |ws: +)?(sent|recv|received) +(\d+) bytes`)
	libcoapOption  = regexp.MustCompile(`(?:^|, )([A-Za-z][A-Za-z0-9-]*|\d+):`)
	libcoapBinary  = regexp.MustCompile(`^binary data length (\d+)`)
)

// wire is what the line before a message tells of it.
type wire struct {
	source, destination netip.AddrPort
	transport           trace.Transport
	length              int // of the message in bytes
}

// libcoap reads the messages of a log of libcoap. Where it tells what went over the network, that alone counts: it shows
// messages before they get their token, too.
func (r *textReader) libcoap() ([]Pasted, bool) {
	if !libcoapMessage.MatchString(r.text) {
		return nil, false
	}
	var onWire, others []Pasted
	var before *wire
	lines := r.text
	for number := 1; lines != ""; number++ {
		line, rest, _ := strings.Cut(lines, "\n")
		lines = rest
		line = strings.TrimRight(line, "\r")
		if m := libcoapWire.FindStringSubmatch(line); m != nil {
			before = wireOf(m)
			continue
		}
		m := libcoapMessage.FindStringSubmatchIndex(line)
		if m == nil {
			before = nil
			continue
		}
		following, _, _ := strings.Cut(rest, "\n")
		p := libcoapPDU(line, m, strings.TrimSpace(following), before)
		p.Line = number
		if before != nil {
			onWire = append(onWire, p)
		} else {
			others = append(others, p)
		}
		before = nil
	}
	if onWire != nil {
		return onWire, true
	}
	return others, true
}

// wireOf reads the addresses, of which the first is the program's own.
func wireOf(m []string) *wire {
	w := &wire{}
	w.source, _ = netip.ParseAddrPort(m[1])
	w.destination, _ = netip.ParseAddrPort(m[2])
	if m[4] != "sent" {
		w.source, w.destination = w.destination, w.source
	}
	w.length, _ = strconv.Atoi(m[5])
	switch m[3] {
	case "DTLS":
		w.transport = trace.DTLS
	case "TCP":
		w.transport = trace.TCP
	case "TLS":
		w.transport = trace.TLS
	case "WS", "WSS":
		w.transport = trace.WebSocket
	}
	return w
}

// libcoapPDU builds the message of a line, matched as m.
func libcoapPDU(line string, m []int, following string, before *wire) Pasted {
	part := func(n int) string {
		if m[2*n] < 0 {
			return ""
		}
		return line[m[2*n]:m[2*n+1]]
	}
	var doubts []string
	doubt := func(format string, a ...any) { doubts = append(doubts, fmt.Sprintf(format, a...)) }
	p := Pasted{ReadAs: "log of libcoap", Frame: trace.Frame{Direction: trace.Seen}}
	switch {
	case before != nil:
		p.Frame.Source, p.Frame.Destination, p.Frame.Transport = before.source, before.destination, before.transport
	case part(1) == "Reliable":
		p.Frame.Transport = trace.TCP
	case part(1) == "WebSocket":
		p.Frame.Transport = trace.WebSocket
	}
	var message protocol.Message
	for t := protocol.Confirmable; t <= protocol.Reset; t++ {
		if t.String() == part(2) {
			message.Type = t
		}
	}
	code, ok := codeNamed(part(3))
	if message.Code = code; !ok {
		doubt("the code %q is not known", part(3))
	}
	id, _ := strconv.ParseUint(part(4), 16, 16)
	message.MessageID = protocol.MessageID(id)
	token, err := hex.DecodeString(part(5))
	if message.Token = protocol.TokenOf(token); err != nil {
		doubt("the token %s has no whole bytes", part(5))
	}
	options, payload, hasPayload := line[m[1]:], "", false
	if end := strings.Index(options, "] :: "); end >= 0 {
		options, payload, hasPayload = options[:end], options[end+len("] :: "):], true
	} else {
		options = strings.TrimSuffix(options, "]")
	}
	found := libcoapOption.FindAllStringSubmatchIndex(options, -1)
	for i, o := range found {
		end := len(options)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		name, value := options[o[2]:o[3]], strings.TrimSuffix(options[o[1]:end], " ")
		number, data, ok := optionNamed(message.Code, name, value)
		if !ok {
			doubt("the value of option %s cannot be read from %q", name, value)
			continue
		}
		message.Options = message.Options.Add(number, data)
	}
	if hasPayload {
		ok := false
		if message.Payload, ok = libcoapPayload(payload, following); !ok {
			doubt("the payload is not whole")
		}
	}
	p.Frame.Data, err = message.AppendFraming(p.Frame.Transport.Framing(), nil)
	switch {
	case err != nil:
		doubt("%v", err)
	case before != nil && len(p.Frame.Data) != before.length:
		doubt("%d bytes were built, but %d went over the network", len(p.Frame.Data), before.length)
	case before == nil && strings.Contains(line[m[1]:], `\`):
		doubt("a backslash may stand for itself")
	}
	p.Inexact = strings.Join(doubts, "; ")
	return p
}

// codeNamed finds a code by the name that libcoap gives it.
func codeNamed(name string) (protocol.Code, bool) {
	if code, err := protocol.ParseCode(name); err == nil {
		return code, true
	}
	for _, row := range protocol.Codes() {
		if strings.EqualFold(row.Name, name) {
			return row.Code, true
		}
	}
	return 0, false
}

// optionNamed finds an option by its name or number, and reads its value as libcoap prints it.
func optionNamed(code protocol.Code, name, text string) (protocol.OptionNumber, []byte, bool) {
	var row *protocol.OptionInfo
	if n, err := strconv.ParseUint(name, 10, 16); err == nil {
		data, bad := unescape(text, 0)
		return protocol.OptionNumber(n), data, bad == nil
	}
	table := protocol.OptionTable()
	if code.IsSignaling() {
		table = protocol.SignalingOptionTable()
	}
	for i := range table {
		if r := &table[i]; strings.EqualFold(r.Name, name) && (!code.IsSignaling() || r.Code == code) {
			row = r
			break
		}
	}
	if row == nil {
		return 0, nil, false
	}
	switch row.Number {
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		if !code.IsSignaling() {
			data, ok := libcoapBlock(text)
			return row.Number, data, ok
		}
	case protocol.ContentFormatOption, protocol.Accept:
		if !code.IsSignaling() {
			for _, f := range protocol.ContentFormats() {
				known, _, _ := strings.Cut(f.MediaType, ";")
				if f.Coding == "" && (strings.ReplaceAll(f.MediaType, "; ", ";") == strings.ReplaceAll(text, "; ", ";") ||
					known == text && f.Number == 0) {
					return row.Number, protocol.EncodeUint(uint64(f.Number)), true
				}
			}
		}
	}
	switch row.Format {
	case protocol.FormatEmpty:
		return row.Number, nil, text == ""
	case protocol.FormatUint:
		v, err := strconv.ParseUint(text, 10, 64)
		return row.Number, protocol.EncodeUint(v), err == nil
	case protocol.FormatOpaque:
		if digits, ok := strings.CutPrefix(text, "0x"); ok {
			data, err := hex.DecodeString(digits)
			return row.Number, data, err == nil
		}
	}
	return row.Number, libcoapText(text), true
}

// libcoapBlock reads "NUM/M/SIZE" with "_" for no more blocks.
func libcoapBlock(text string) ([]byte, bool) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 || parts[1] != "M" && parts[1] != "_" {
		return nil, false
	}
	num, err := strconv.ParseUint(parts[0], 10, 20)
	size, err2 := strconv.Atoi(parts[2])
	block := protocol.Block{Num: uint32(num), More: parts[1] == "M", SZX: protocol.SZXFor(size)}
	return block.Value(), err == nil && err2 == nil && block.Size() == size
}

// libcoapText undoes \xHH, which is all that libcoap writes other than as it is; a backslash it does not.
func libcoapText(text string) []byte {
	data := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) && text[i+1] == 'x' && isHexDigit(text[i+2]) && isHexDigit(text[i+3]) {
			v, _ := strconv.ParseUint(text[i+2:i+4], 16, 8)
			data = append(data, byte(v))
			i += 3
		} else {
			data = append(data, text[i])
		}
	}
	return data
}

// libcoapPayload reads the payload: characters in quotes, or a length with hex in the next line.
func libcoapPayload(text, following string) ([]byte, bool) {
	if m := libcoapBinary.FindStringSubmatch(text); m != nil {
		length, _ := strconv.Atoi(m[1])
		digits, ok := strings.CutPrefix(following, "<<")
		data, err := hex.DecodeString(strings.TrimSuffix(digits, ">>"))
		return data, ok && err == nil && len(data) == length
	}
	if len(text) >= 2 && (text[0] == '\'' || text[0] == '"') {
		end := strings.LastIndexByte(text, text[0])
		if end > 0 {
			return libcoapText(text[1:end]), true
		}
		return libcoapText(text[1:]), false
	}
	return libcoapText(text), false
}
