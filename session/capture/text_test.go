package capture_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

// A GET of /sensors, and its answer.
const (
	getHex     = "44017d34a1f30102b773656e736f7273"
	contentHex = "64457d34a1f30102c132ff7b2274223a32317d"
)

func describePasted(p capture.Pasted) string {
	s := fmt.Sprintf("%d %s %x", p.Line, p.ReadAs, p.Frame.Data)
	if p.Frame.Transport != trace.UDP {
		s += " over " + p.Frame.Transport.String()
	}
	if p.Frame.Source.IsValid() {
		s += fmt.Sprintf(" %v>%v", p.Frame.Source, p.Frame.Destination)
	}
	if p.Inexact != "" {
		s += " inexact: " + p.Inexact
	}
	return s
}

// bytesAs writes the bytes of hex digits, each with the format, with the separator between.
func bytesAs(digits, format, separator string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	var parts []string
	for _, c := range b {
		parts = append(parts, fmt.Sprintf(format, c))
	}
	return strings.Join(parts, separator)
}

func base64Of(digits string, encoding *base64.Encoding) string {
	b, _ := hex.DecodeString(digits)
	return encoding.EncodeToString(b)
}

// ethernetGet is getHex as a packet of Ethernet.
const ethernetGet = "00000000000000000000000008004500002c0000400040113cbf7f0000017f000001b7a3163300180000" + getHex

func TestReadText(t *testing.T) {
	wrapped := func(digits string, width int) string {
		var lines []string
		for ; len(digits) > width; digits = digits[width:] {
			lines = append(lines, digits[:width])
		}
		return strings.Join(append(lines, digits), "\n")
	}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"hex":              {getHex, []string{"1 hex " + getHex}},
		"hex in capitals":  {strings.ToUpper(getHex), []string{"1 hex " + getHex}},
		"hex with spaces":  {"\n  " + bytesAs(getHex, "%02x", " ") + "\n", []string{"2 hex " + getHex}},
		"hex with colons":  {bytesAs(getHex, "%02x", ":"), []string{"1 hex " + getHex}},
		"hex with commas":  {bytesAs(getHex, "0x%02X", ", "), []string{"1 hex " + getHex}},
		"hex with 0x":      {"0x" + getHex, []string{"1 hex " + getHex}},
		"hex of Go's %x":   {"[" + bytesAs(getHex, "%x", " ") + "]", []string{"1 hex " + getHex}},
		"decimal of Go":    {"[" + bytesAs(getHex, "%d", " ") + "]", []string{"1 decimal numbers " + getHex}},
		"wrapped hex":      {wrapped(getHex, 16), []string{"1 hex " + getHex}},
		"a label":          {"    Data: " + getHex, []string{"1 hex " + getHex}},
		"a message a line": {getHex + "\n" + contentHex, []string{"1 hex " + getHex, "2 hex " + contentHex}},
		"blank lines":      {wrapped(getHex, 16) + "\n\n\n" + contentHex, []string{"1 hex " + getHex, "5 hex " + contentHex}},
		"malformed":        {"44017d34a1f3", []string{"1 hex 44017d34a1f3"}},
		"base64":           {base64Of(getHex, base64.StdEncoding), []string{"1 base64 " + getHex}},
		"raw base64":       {base64Of("40017d34b1ff", base64.RawStdEncoding), []string{"1 base64 40017d34b1ff"}},
		"base64url":        {base64Of("4001fbff91fb91fe", base64.RawURLEncoding), []string{"1 base64 4001fbff91fb91fe"}},
		"base64 in lines": {
			wrapped(base64Of(contentHex, base64.StdEncoding), 10), []string{"1 base64 " + contentHex},
		},
		"base64 a line a message": {
			base64Of(getHex, base64.StdEncoding) + "\n" + base64Of(contentHex, base64.StdEncoding),
			[]string{"1 base64 " + getHex, "2 base64 " + contentHex},
		},
		"C": {
			"#include <stdint.h>\n// a GET\nstatic const uint8_t m[16] = {\n  /* header */ " + bytesAs(getHex, "0x%02x", ", ") + ",\n};\n",
			[]string{"3 array " + getHex},
		},
		"C, decimal":    {"uint8_t m[] = {" + bytesAs(getHex, "%d", ",") + "}", []string{"1 array " + getHex}},
		"C, characters": {`char m[] = {0x44, '\x01', 0175, '4', 0xa1U, 0xf3, 1, 2, 0xb7, 's', 'e', 'n', 's', 'o', 'r', 's'};`, []string{"1 array " + getHex}},
		"two arrays":    {"a[] = {" + bytesAs(getHex, "0x%x", ", ") + "};\nb[] = {" + bytesAs(contentHex, "0x%x", ", ") + "};", []string{"1 array " + getHex, "2 array " + contentHex}},
		"Go":            {"m := []byte{" + bytesAs(getHex, "%#02x", ", ") + "}", []string{"1 array " + getHex}},
		"Java":          {"byte[] m = {(byte) 0x44, 1, 125, 52, -95, (byte)0xf3, 1, 2};", []string{"1 array 44017d34a1f30102"}},
		"JavaScript":    {"Buffer.from([" + bytesAs(getHex, "%d", ", ") + "])", []string{"1 array " + getHex}},
		"bare hex list": {"{" + bytesAs(getHex, "%02X", ", ") + "}", []string{"1 array " + getHex}},
		"escaped": {
			`"` + bytesAs(getHex[:16], `\x%02x`, "") + "\" \\\n\"" + bytesAs(getHex[16:], `\x%02x`, "") + `";`,
			[]string{"1 escaped string " + getHex},
		},
		"unquoted":      {bytesAs(getHex, `\x%02x`, ""), []string{"1 escaped string " + getHex}},
		"Python":        {`data = b'D\x01}4\xa1\xf3\x01\x02\xb7sensors'`, []string{"1 escaped string " + getHex}},
		"Python, plain": {`b"D\1}4\241\363\001\002\267sensors"`, []string{"1 escaped string " + getHex}},
		"Go string":     {`[]byte("D\x01}4\xa1\xf3\x01\x02\xb7sensors")`, []string{"1 escaped string " + getHex}},
		"Wireshark": {
			"0000   44 01 7d 34 a1 f3 01 02 b7 73 65 6e 73 6f 72 73   D.}4.....sensors\n" +
				"\n0000   64 45 7d 34 a1 f3 01 02 c1 32 ff 7b 22 74 22 3a   dE}4.....2.{\"t\":\n0010   32 31 7d   21}\n",
			[]string{"1 hex dump " + getHex, "3 hex dump " + contentHex},
		},
		"Wireshark without characters": {
			"0000  64 45 7d 34 a1 f3 01 02  c1 32 ff 7b 22 74 22 3a\n0010  32 31 7d", []string{"1 hex dump " + contentHex},
		},
		"characters that look like hex": {
			"0000  40 01 61 62 b2 61 62   @.ab.ab\n", []string{"1 hex dump 40016162b26162"},
		},
		"tshark -x": {
			"Packet (58 bytes):\n" +
				"0000  00 00 00 00 00 00 00 00 00 00 00 00 08 00 45 00   ..............E.\n" +
				"0010  00 2c 00 00 40 00 40 11 3c bf 7f 00 00 01 7f 00   .,..@.@.<.......\n" +
				"0020  00 01 b7 a3 16 33 00 18 00 00 44 01 7d 34 a1 f3   .....3....D.}4..\n" +
				"0030  01 02 b7 73 65 6e 73 6f 72 73                     ...sensors\n",
			[]string{"2 hex dump, Ethernet " + getHex + " 127.0.0.1:47011>127.0.0.1:5683"},
		},
		"tshark -V -x": {
			"    0000 00.. = Differentiated Services Codepoint: Default (0)\n    0000 0000 .... = something\n\n0000  44 01 7d 34 a1 f3   D.}4..\n",
			[]string{"4 hex dump 44017d34a1f3"},
		},
		"od -A x -t x1z": {
			"000000 64 45 7d 34 a1 f3 01 02 c1 32 ff 7b 22 74 22 3a  >dE}4.....2.{\"t\":<\n000010 32 31 7d                                         >21}<\n000013\n",
			[]string{"1 hex dump " + contentHex},
		},
		"xxd": {
			"00000000: 6445 7d34 a1f3 0102 c132 ff7b 2274 223a  dE}4.....2.{\"t\":\n00000010: 3231 7d                                  21}\n",
			[]string{"1 hex dump " + contentHex},
		},
		"hexdump -C": {
			"00000000  64 45 7d 34 a1 f3 01 02  c1 32 ff 7b 22 74 22 3a  |dE}4.....2.{\"t\":|\n00000010  32 31 7d                                          |21}|\n00000013\n",
			[]string{"1 hex dump " + contentHex},
		},
		"hexdump": {
			"0000000 4564 347d f3a1 0201 32c1 7bff 7422 3a22\n0000010 3132 007d\n0000013\n", []string{"1 hex dump " + contentHex},
		},
		"hexdump with an asterisk": {
			"00000000  40 45 00 01 ff 00 00 00  00 00 00 00 00 00 00 00  |@E..............|\n" +
				"00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n00000040\n",
			[]string{"1 hex dump 40450001ff" + strings.Repeat("00", 59)},
		},
		"tcpdump -X": {
			"18:40:38.214 IP 127.0.0.1.47011 > 127.0.0.1.5683: UDP, length 16\n" +
				"\t0x0000:  4500 002c 0000 4000 4011 3cbf 7f00 0001  E..,..@.@.<.....\n" +
				"\t0x0010:  7f00 0001 b7a3 1633 0018 0000 4401 7d34  .......3....D.}4\n" +
				"\t0x0020:  a1f3 0102 b773 656e 736f 7273            .....sensors\n",
			[]string{"2 hex dump, IP " + getHex + " 127.0.0.1:47011>127.0.0.1:5683"},
		},
		"a packet in hex": {ethernetGet, []string{"1 hex, Ethernet " + getHex + " 127.0.0.1:47011>127.0.0.1:5683"}},
		"TCP framing": {
			"50e12380010020" + "810101723d434474696d65", []string{"1 hex 50e12380010020 over TCP", "1 hex 810101723d434474696d65 over TCP"},
		},
		"od -t x1, octal": {
			"0000000 44 01 7d 34 a1 f3 01 02 b7 73 65 6e 73 6f 72 73\n0000020\n" +
				"0000000 44 01 7d 34 a1 f3 01 02\n0000010 b7 73 65 6e 73 6f 72 73\n0000020\n",
			[]string{"1 hex dump " + getHex, "3 hex dump " + getHex},
		},
		"xxd -d -c 8, decimal": {
			"00000000: 4401 7d34 a1f3 0102  D.}4....\n00000008: b773 656e 736f 7273  .sensors\n",
			[]string{"1 hex dump " + getHex},
		},
		"od -t x1, octal, more lines": {
			"0000000 44 01 7d 34\n0000004 a1 f3 01 02\n0000010 b7 73 65 6e\n0000014 73 6f 72 73\n0000020\n",
			[]string{"1 hex dump " + getHex},
		},
		"od -A x -t x2": {
			"000000 0144 347d f3a1 0201\n000008 73b7 6e65 6f73 7372\n000010\n", []string{"1 hex dump " + getHex},
		},
		"Rust": {
			"let m: [u8; 16] = [" + bytesAs(getHex, "0x%02xu8", ", ") + "];\nlet n = [" + bytesAs(getHex, "%d_u8", ", ") + "];",
			[]string{"1 array " + getHex, "2 array " + getHex},
		},
		"Kotlin":                        {"byteArrayOf(" + bytesAs(getHex, "0x%02X.toByte()", ", ") + ")", []string{"1 array " + getHex}},
		"hex that is malformed":         {"64 01 00 01", []string{"1 hex 64010001"}},
		"hex that base64 would make up": {"a4450001a1f30102ff30", []string{"1 hex a4450001a1f30102ff30"}},
		"comments":                      {"44 01 7d 34 # header\n// token\na1 f3 01 02 // b7\nb7 73656e736f7273", []string{"1 hex " + getHex}},
		"Buffer of Node.js":             {"got <Buffer 44 01 ff>\nand <Buffer 60 00 00 01>", []string{"1 Buffer 4401ff", "2 Buffer 60000001"}},
		"log": {
			"2026-01-02 10:20:30.123 rx " + getHex + "\n2026-01-02 10:20:30.125 tx " + bytesAs(contentHex, "%02x", " ") + " ok\n",
			[]string{"1 hex in other text " + getHex, "2 hex in other text " + contentHex},
		},
		"hex in quotes":     {`unhex("4401ff00", 3)`, []string{"1 hex in other text 4401ff00"}},
		"CBOR in words":     {"h'" + getHex + "'", []string{"1 hex in other text " + getHex}},
		"JSON with base64":  {`{"id": "AAAAAAAA", "data": "` + base64Of(getHex, base64.StdEncoding) + `"}`, []string{"1 base64 in other text " + getHex}},
		"data URI":          {"data:;base64," + base64Of(getHex, base64.StdEncoding), []string{"1 base64 in other text " + getHex}},
		"WebSocket framing": {"0101abb474696d65ff31", []string{"1 hex 0101abb474696d65ff31 over WebSocket"}},
	} {
		pasted, err := capture.ReadText(c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, p := range pasted {
			got = append(got, describePasted(p))
		}
		if g, w := strings.Join(got, "\n"), strings.Join(c.want, "\n"); g != w {
			t.Errorf("%s:\n got %s\nwant %s", name, g, w)
		}
	}
}

// What coap-client of libcoap 4.3.1 and 4.3.4 wrote with -v 9, and what Wireshark saw on the network.
func TestReadTextLibcoap(t *testing.T) {
	const log = `Nov 22 18:40:38.214 DEBG ***127.0.0.1:47011 <-> 127.0.0.1:15683 UDP : session 0x5642a50714c0: created outgoing session
Nov 22 18:40:38.214 DEBG timeout is set to 90 seconds
Nov 22 18:40:38.214 DEBG sending CoAP request:
Nov 22 18:40:38.214 DEBG *  127.0.0.1:47011 <-> 127.0.0.1:15683 UDP : sent 19 bytes
v:1 t:CON c:GET i:61ba {01} [ Uri-Port:15683, Uri-Path:time, Uri-Query:ticks ]
Nov 22 18:40:38.214 DEBG ** 127.0.0.1:47011 <-> 127.0.0.1:15683 UDP : mid=0x61ba: added to retransmit queue (3000ms)
Nov 22 18:40:38.215 DEBG *  127.0.0.1:47011 <-> 127.0.0.1:15683 UDP : received 19 bytes
v:1 t:ACK c:2.05 i:61ba {01} [ Max-Age:1 ] :: '1795372838'
Nov 22 18:40:38.215 DEBG ** process incoming 2.05 response:
1795372838Nov 22 18:40:38.215 DEBG ***127.0.0.1:47011 <-> 127.0.0.1:15683 UDP : session 0x5642a50714c0: closed
Nov 22 18:40:38.221 DEBG *  127.0.0.1:49443 <-> 127.0.0.1:15683 UDP : sent 41 bytes
v:1 t:CON c:PUT i:c766 {01} [ Uri-Port:15683, Uri-Path:exa mple_data, Content-Format:text/plain ] :: 'hello \x01 'w' \ \xC3\xA9'
Nov 22 18:40:38.223 DEBG *  127.0.0.1:36318 <-> 127.0.0.1:15683 UDP : sent 24 bytes
v:1 t:CON c:POST i:1a33 {01} [ ETag:0x0102, Uri-Port:15683, Uri-Path:x, Content-Format:application/cbor, 65000:\x61\x62\x63 ] :: binary data length 2
<<a161>>
<<. a >>
Nov 22 18:40:38.226 DEBG PDU presented by app
v:1 t:CON c:GET i:969a {787a} [ Observe:0, Uri-Port:15683, Uri-Path:time ]
Nov 22 18:40:38.226 DEBG *  127.0.0.1:59117 <-> 127.0.0.1:15683 UDP : sent 15 bytes
v:1 t:CON c:GET i:969a {787a} [ Observe:0, Uri-Port:15683, Uri-Path:time ]
Nov 22 18:40:39.001 DEBG *  127.0.0.1:59117 <-> 127.0.0.1:15683 UDP : received 26 bytes
v:1 t:CON c:2.05 i:c4bc {787a} [ Observe:3, Max-Age:1 ] :: 'Nov 22 18:40:39'
Nov 22 18:40:39Nov 22 18:40:39.001 DEBG *  127.0.0.1:59117 <-> 127.0.0.1:15683 UDP : sent 4 bytes
v:1 t:ACK c:0.00 i:c4bc {} [ ]
Nov 22 18:40:40.230 DEBG *  127.0.0.1:41059 <-> 127.0.0.1:15683 TCP : sent 7 bytes
v:1 t:CON c:CSM i:0000 {} [ Max-Message-Size:8388864, Block-Wise-Transfer: ]
Nov 22 18:40:40.231 DEBG *  127.0.0.1:41059 <-> 127.0.0.1:15683 TCP : received 23 bytes
v:1 t:CON c:2.05 i:0000 {01} [ Max-Age:1 ] :: 'Nov 22 18:40:40'
Nov 22 18:43:13.107 DEBG *  127.0.0.1:37885 <-> 127.0.0.1:25683 UDP : netif: recv   24 bytes
v:1 t:ACK c:2.05 i:7d6d {01} [ Content-Format:text/plain, Max-Age:1 ] :: 'Nov 22 18:43:13'
Nov 22 18:43:13.133 DEBG *  127.0.0.1:57542 <-> 127.0.0.1:28080 WS  : WS header: 82 87 33 ed cc e1
Nov 22 18:43:13.133 DEBG *  127.0.0.1:57542 <-> 127.0.0.1:28080 WS  : netif: sent    6 bytes
Nov 22 18:43:13.133 DEBG *  127.0.0.1:57542 <-> 127.0.0.1:28080 WS  : ws:    sent    7 bytes
v:WebSocket c:CSM {} [ Max-Message-Size:8388864, Block-Wise-Transfer: ]
Nov 22 18:43:13.232 DEBG *  127.0.0.1:36170 <-> 127.0.0.1:25683 TCP : netif: sent   31 bytes
v:Reliable c:GET {01} [ Uri-Port:25683, Uri-Path:.well-known, Uri-Path:core, Request-Tag:0xaef123a8 ]
`
	want := []string{
		"5 log of libcoap 410161ba01723d434474696d65457469636b73 127.0.0.1:47011>127.0.0.1:15683",
		"8 log of libcoap 614561ba01d10101ff31373935333732383338 127.0.0.1:15683>127.0.0.1:47011",
		"12 log of libcoap 4103c76601723d434d00657861206d706c655f6461746110ff68656c6c6f200120277727205c20c3a9 127.0.0.1:49443>127.0.0.1:15683",
		"14 log of libcoap 41021a3301420102323d434178113ce3fccf616263ffa161 127.0.0.1:36318>127.0.0.1:15683",
		"20 log of libcoap 4201969a787a60123d434474696d65 127.0.0.1:59117>127.0.0.1:15683",
		"22 log of libcoap 4245c4bc787a61038101ff4e6f762032322031383a34303a3339 127.0.0.1:15683>127.0.0.1:59117",
		"24 log of libcoap 6000c4bc 127.0.0.1:59117>127.0.0.1:15683",
		"26 log of libcoap 50e12380010020 over TCP 127.0.0.1:41059>127.0.0.1:15683",
		"28 log of libcoap d1064501d10101ff4e6f762032322031383a34303a3430 over TCP 127.0.0.1:15683>127.0.0.1:41059",
		"30 log of libcoap 61457d6d01c02101ff4e6f762032322031383a34333a3133 127.0.0.1:25683>127.0.0.1:37885",
		"34 log of libcoap 00e12380010020 over WebSocket 127.0.0.1:57542>127.0.0.1:28080",
		"36 log of libcoap d10e01017264534b2e77656c6c2d6b6e6f776e04636f7265e4000caef123a8 over TCP 127.0.0.1:36170>127.0.0.1:25683",
	}
	pasted, err := capture.ReadText(strings.ReplaceAll(log, "\n", "\r\n"))
	if err != nil || len(pasted) != len(want) {
		t.Fatalf("%d messages of %d, %v", len(pasted), len(want), err)
	}
	for i, p := range pasted {
		if got := describePasted(p); got != want[i] {
			t.Errorf("message %d:\n got %s\nwant %s", i, got, want[i])
		}
	}
}

func TestReadTextSaysWhatIsNotExact(t *testing.T) {
	for text, want := range map[string]string{
		"v:1 t:CON c:GET i:7d34 {a1f3} [ Uri-Path:sensors, Uri-Path:temp ]":                   "42017d34a1f3b773656e736f72730474656d70",
		"DEBG v:1 t:NON c:2.05 i:0001 {} [ Content-Format:application/xyz ] :: 'a, b ] :: c'": `50450001ff612c2062205d203a3a2063 inexact: the value of option Content-Format cannot be read from "application/xyz"`,
		`v:1 t:NON c:2.05 i:0001 {} [ ] :: '\x41'`:                                            "50450001ff41 inexact: a backslash may stand for itself",
		"v:1 t:NON c:2.05 i:0001 {} [ Nonsense:5 ]":                                           `50450001 inexact: the value of option Nonsense cannot be read from "5"`,
		"v:1 t:NON c:2.05 i:0001 {} [ Block2:3/M/17 ]":                                        `50450001 inexact: the value of option Block2 cannot be read from "3/M/17"`,
		"v:1 t:NON c:HOP i:0001 {} [ ]":                                                       `50000001 inexact: the code "HOP" is not known`,
		"v:1 t:NON c:2.05 i:0001 {} [ ] :: binary data length 3\n<<0102>>\n":                  "50450001ff0102 inexact: the payload is not whole",
		"*  127.0.0.1:1 <-> 127.0.0.1:2 UDP : sent 9 bytes\nv:1 t:NON c:2.05 i:0001 {} [ ]":   "50450001 127.0.0.1:1>127.0.0.1:2 inexact: 4 bytes were built, but 9 went over the network",
	} {
		pasted, err := capture.ReadText(text)
		if err != nil || len(pasted) != 1 {
			t.Errorf("%q: %d messages, %v", text, len(pasted), err)
			continue
		}
		if _, got, _ := strings.Cut(describePasted(pasted[0]), "libcoap "); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

// Packets in hex: of TCP with what is cut out of one segment, and fragments of IP put together.
func TestReadTextPackets(t *testing.T) {
	fragments := fragments4(udp4(t, nodeA, nodeB, get), 7, 16)
	for name, c := range map[string]struct {
		packets [][]byte
		want    string
	}{
		"TCP": {
			[][]byte{tcpPacket(t, nodeA, nodeB, 1, 0, "S", nil), tcpPacket(t, nodeA, nodeB, 2, 0, "A", concat(csm, getTCP))},
			fmt.Sprintf("3 hex, IP %x over TCP 192.0.2.1:49152>192.0.2.2:5683\n3 hex, IP %x over TCP 192.0.2.1:49152>192.0.2.2:5683", csm, getTCP),
		},
		"part of a message": {
			[][]byte{tcpPacket(t, nodeA, nodeB, 2, 0, "A", bigTCP[:20])},
			fmt.Sprintf("1 hex, IP %x over TCP 192.0.2.1:49152>192.0.2.2:5683", bigTCP[:20]),
		},
		"WebSocket": {
			[][]byte{tcpPacket(t, nodeA, nodeWeb, 2, 0, "A", webFrame(0x82, "abcd", getWeb))},
			fmt.Sprintf("1 hex, IP %x over WebSocket 192.0.2.1:49152>192.0.2.2:8080", getWeb),
		},
		"fragments": {fragments, fmt.Sprintf("%d hex, IP %x 192.0.2.1:49152>192.0.2.2:5683", 2*len(fragments)-1, get)},
	} {
		var text []string
		for _, p := range c.packets {
			text = append(text, hex.EncodeToString(p))
		}
		pasted, err := capture.ReadText(strings.Join(text, "\n\n"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, p := range pasted {
			got = append(got, describePasted(p))
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, strings.Join(got, "\n"), c.want)
		}
	}
	for text, want := range map[string]string{
		hex.EncodeToString(tcpPacket(t, nodeA, nodeB, 1, 0, "S", nil)): "line 1, column 1: a packet of IP without a message: a TCP segment without data",
		hex.EncodeToString(fragments[0]):                               "line 1, column 1: a packet of IP without a message: incomplete fragments",
		ethernetGet[:len(ethernetGet)-2]:                               "line 1, column 1: a packet of Ethernet without a message: malformed headers",
	} {
		if _, err := capture.ReadText(text); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestReadTextSaysWhere(t *testing.T) {
	const forms = "expected hex, base64, an array or string of a programming language, a hex dump, or the log of coap-client"
	for text, want := range map[string]string{
		"":                                      "line 1, column 1: there is nothing; " + forms,
		" \n\t\n":                               "line 1, column 1: there is nothing; " + forms,
		"::":                                    "line 1, column 1: no byte is written here; " + forms,
		"44 01 7d 34\n44 01 7d 3g":              "line 2, column 11: 'g' is no hex digit; " + forms,
		"44 01 7d 345":                          "line 1, column 10: 3 hex digits are no whole bytes; expected an even number",
		"hello, world":                          "line 1, column 1: 'h' is no hex digit; " + forms,
		"<Buffer 44 01 00 01 ... 3 more bytes>": "line 1, column 3: 'u' is no hex digit; " + forms,
		"rx 44 01 00 01 ...":                    "line 1, column 1: 'r' is no hex digit; " + forms,
		"on 2026-01-02 at 10:20:30":             "line 1, column 1: 'o' is no hex digit; " + forms,
		"m = {0x44, 1,\n 300}":                  `line 2, column 2: "300" is no byte; expected a number from 0 to 255 or a character`,
		`"\x44\x0`:                              `line 1, column 1: a string that is not closed; expected " at its end`,
		`"\x44\xg1"`:                            `line 1, column 6: expected 2 digits behind \x`,
		"0000  44 01 7d 34\n0008  a1 f3 01 02":  "line 1, column 7: 4 bytes, expected 8 before the next offset",
		"00000000: 4401\n00000002:\n00000000: 4401\n00000002: xyz": "line 4, column 11: expected bytes in hex behind the offset",
		"0000  44 01 7d 34\n\n0000  44 01 7d 34\n0002  44":         "line 3, column 7: 4 bytes, expected 2 before the next offset",
		ethernetGet[:46] + "06" + "3cca" + ethernetGet[52:]:        "line 1, column 1: a packet of Ethernet without a message: ",
	} {
		pasted, err := capture.ReadText(text)
		var at *capture.TextError
		if !errors.As(err, &at) || len(pasted) != 0 {
			t.Errorf("%q: %v, %v", text, pasted, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

// Whatever is pasted, the time to read it grows with its length.
func TestReadTextIsLinear(t *testing.T) {
	for name, unit := range map[string]string{
		"hex": "44 01 00 01 ", "hex lines": "44010001\n", "base64": "RAEAAQAA", "base64 lines": "QAEAAQ==\n",
		"dump": "0000  44 01 00 01  D...\n", "array": "{0x40,1,2,3}\n", "open arrays": "{1,", "string": `"\x44\x01"`,
		"quotes": `\x44"`, "backslashes": `\x41\`, "spaces": "  ", "libcoap": "v:1 t:CON c:GET i:0001 {} [ ]\n",
		"libcoap options": "v:1 t:CON c:GET i:0001 {} [ Uri-Path:a, ", "comments": "/* 1, {1, ", "asterisks": "00000000  44 01\n*\n",
		"log": "rx 44 01 00 01 x\n", "quoted": `x "RAEAAQAA" `, "buffers": "<Buffer 44> ", "zeros": "0", "labels": "a b: ", "offsets": "0000  00\n",
	} {
		timeOf := func(size int) time.Duration {
			text := strings.Repeat(unit, size/len(unit))
			began := time.Now()
			_, _ = capture.ReadText(text)
			return time.Since(began)
		}
		short, long := timeOf(1<<15), timeOf(1<<19)
		if long > 16*8*short+5*time.Second { // 256 times if it were quadratic
			t.Errorf("%s: %v for 32 KB, but %v for 512 KB", name, short, long)
		}
	}
}

func FuzzReadText(f *testing.F) {
	for _, seed := range []string{
		getHex, base64Of(contentHex, base64.StdEncoding), "{0x44, '\\x01', 3}", `b"\x44\1"`, ethernetGet,
		"0000  44 01 7d 34  D.}4\n0004  01\n*\n0010", "0000000 4564 347d\n0000003\n",
		"*  [::1]:1 <-> [::1]:2 TCP : sent 9 bytes\nv:1 t:NON c:2.05 i:0001 {01} [ ETag:0x01, Block2:1/M/64, 65000:\\x61 ] :: binary data length 2\n<<0102>>",
		"// x\n[1,2]", "rx 44010001", "<Buffer 40 01>", `{"RAEAAQAA"}`, "000000 0144 0100\n000004\n", "/*{1,", "[]byte(\"\\u00e9\")",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pasted, err := capture.ReadText(text)
		if (err == nil) != (len(pasted) > 0) {
			t.Fatalf("%d messages, %v", len(pasted), err)
		}
		lines, size := strings.Count(text, "\n")+1, 0
		for _, p := range pasted {
			if p.Line < 1 || p.Line > lines || p.ReadAs == "" || p.Frame.Direction != trace.Seen {
				t.Fatalf("%+v", p)
			}
			size += len(p.Frame.Data)
		}
		if size > 2*len(text)+1<<20 {
			t.Fatalf("%d bytes of a text of %d", size, len(text))
		}
		var at *capture.TextError
		if err != nil && (!errors.As(err, &at) || at.Line < 1 || at.Line > lines || at.Column < 1 || at.Reason == "") {
			t.Fatal(err)
		}
	})
}
