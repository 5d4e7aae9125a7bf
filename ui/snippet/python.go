package snippet

import (
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
)

// writePython writes a script that uses aiocoap; a datagram as it is takes the standard library alone.
func writePython(r *request) (string, error) {
	if r.raw {
		return fmt.Sprintf(pythonRaw, pythonString(r.to.Host), r.to.Port, pythonBytes(r.datagram)), nil
	}
	if !r.code.IsRequest() {
		return "", fmt.Errorf("aiocoap sends requests only, and %s is none", r.code.Dotted())
	}
	var notes []string
	if r.fixed || r.token.Len() > 0 {
		notes = append(notes, "aiocoap chooses the token itself.")
	}
	if r.fixedID {
		notes = append(notes, "aiocoap chooses the message ID itself.")
	}
	if r.qblock {
		notes = append(notes, "The blocks are those of RFC 7959, not Q-Block.")
	}
	if !r.cut && len(r.payload) > coapPayload {
		notes = append(notes, "aiocoap sends this payload in blocks, not in one message.")
	}
	uri, options := r.uri(r.to, aiocoapParts)
	kind := "aiocoap.CON"
	if r.kind == protocol.NonConfirmable {
		kind = "aiocoap.NON"
	}
	imports := []string{"import asyncio", "", "import aiocoap"}
	var b strings.Builder
	if len(options) > 0 {
		imports = append(imports, "from aiocoap.numbers.optionnumbers import OptionNumber")
		for _, o := range options {
			if opaque(o) && !strings.Contains(strings.Join(imports, ""), "optiontypes") {
				imports = append(imports, "from aiocoap.optiontypes import OpaqueOption")
			}
		}
	}
	for _, o := range options {
		if r.observes() && o.Number == protocol.Observe {
			b.WriteString("    request.opt.observe = 0\n")
			continue
		}
		make := fmt.Sprintf("OptionNumber(%d).create_option(decode=%s)", o.Number, pythonBytes(o.Value))
		if opaque(o) {
			make = fmt.Sprintf("OpaqueOption(OptionNumber(%d), %s)", o.Number, pythonBytes(o.Value))
		}
		fmt.Fprintf(&b, "    request.opt.add_option(%s)%s\n", make, optionComment("  #", o))
	}
	if r.blockSize > 0 && (r.cut || r.file != "") {
		fmt.Fprintf(&b, "    request.remote.maximum_block_size_exp = %d\n", bits.TrailingZeros(uint(r.blockSize))-4)
	}
	payload := ""
	switch {
	case r.file != "":
		b.WriteString("    with open(" + pythonString(r.file) + ", \"rb\") as file:\n        request.payload = file.read()\n")
	case len(r.payload) > 0:
		payload = ", payload=" + pythonBytes(r.payload)
	}
	rest := pythonDo
	if r.observes() {
		rest = pythonDo + pythonObserve
	}
	return fmt.Sprintf(pythonProgram, strings.Join(imports, "\n"), withNotes("    #", notes, ""), r.code, kind, payload, r.code.Short(),
		pythonString(uri.String()), b.String(), rest), nil
}

const pythonProgram = `%s


async def main():
%s    context = await aiocoap.Context.create_client_context()
    request = aiocoap.Message(code=aiocoap.Code(%d), mtype=%s%s)  # %s
    request.set_request_uri(%s, set_uri_host=False)
%s%s    await context.shutdown()


asyncio.run(main())
`

const pythonDo = `    asking = context.request(request)
    response = await asking.response
    print(response.code, response.payload)
`

const pythonObserve = `    async for notification in asking.observation:
        print(notification.code, notification.payload)
`

const pythonRaw = `import socket

host, port = %s, %d
family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
with socket.socket(family, kind, protocol) as udp:
    udp.settimeout(10)
    udp.connect(address)
    udp.send(%s)
    print(udp.recv(65536).hex())
`

// opaque tells whether aiocoap must not take the value for what it is, as it would be another when it is sent.
func opaque(o protocol.Option) bool {
	info := o.Number.Lookup(protocol.GET)
	if info == nil {
		return true
	}
	switch info.Format {
	case protocol.FormatUint:
		_, ok := canonical(o.Value)
		return !ok
	case protocol.FormatString:
		return !utf8.Valid(o.Value)
	}
	return false
}

// pythonBytes writes bytes as Python does.
func pythonBytes(b []byte) string {
	var s strings.Builder
	s.WriteString(`b"`)
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			s.WriteByte('\\')
			s.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&s, `\x%02x`, c)
		default:
			s.WriteByte(c)
		}
	}
	s.WriteByte('"')
	return s.String()
}

// pythonString writes text as Python does; bytes that are no text are the name of a file, which may be bytes there.
func pythonString(s string) string {
	if isText(s) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return pythonBytes([]byte(s))
}
