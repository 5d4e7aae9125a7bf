package snippet

import (
	"errors"
	"fmt"
	"go/format"
	"math/bits"
	"net"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
)

// writeGo writes a program that uses go-coap; a datagram as it is takes the standard library alone.
func writeGo(r *request) (string, error) {
	address := strconv.Quote(net.JoinHostPort(r.to.Host, strconv.Itoa(int(r.to.Port))))
	if r.raw {
		return fmt.Sprintf(goRaw, address, goBytes(r.datagram)), nil
	}
	if r.fixed && (r.token.Len() == 0 || r.token.Len() > 8) {
		return "", errors.New("go-coap has tokens of 1 to 8 bytes")
	}
	var notes []string
	imports := []string{`"context"`, `"fmt"`, `"log"`, `"time"`, "", `"github.com/plgd-dev/go-coap/v3/message"`, `"github.com/plgd-dev/go-coap/v3/message/codes"`}
	dial := ""
	blocks := has(r.options, protocol.Block1, protocol.Block2)
	switch {
	case !r.cut && (len(r.payload) > coapPayload || blocks):
		dial = ", options.WithBlockwise(false, blockwise.SZX1024, time.Minute)"
		if blocks {
			notes = append(notes, "Block options are sent as they are, and no further block is asked for.")
		}
	case r.blockSize > 0 && r.blockSize != coapPayload:
		dial = fmt.Sprintf(", options.WithBlockwise(true, blockwise.SZX%d, time.Minute)", 1<<(bits.TrailingZeros(uint(r.blockSize))))
	}
	if dial != "" {
		imports = append(imports, `"github.com/plgd-dev/go-coap/v3/net/blockwise"`, `"github.com/plgd-dev/go-coap/v3/options"`)
	}
	if r.qblock {
		notes = append(notes, "The blocks are those of RFC 7959, not Q-Block.")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\trequest.SetCode(%s)\n", goCode(r.code))
	kind := "message.Confirmable"
	if r.kind == protocol.NonConfirmable {
		kind = "message.NonConfirmable"
	}
	fmt.Fprintf(&b, "\trequest.SetType(%s)\n", kind)
	if r.fixedID {
		fmt.Fprintf(&b, "\trequest.SetMessageID(%d)\n", r.id)
	}
	if r.fixed || r.token.Len() > 0 {
		fmt.Fprintf(&b, "\trequest.SetToken(message.Token(%s))\n", goString(r.token.Bytes()))
	} else {
		b.WriteString("\ttoken, err := message.GetToken()\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\trequest.SetToken(token)\n")
	}
	for _, o := range r.options {
		comment := ""
		if goOptionNames[o.Number] == "" || o.Number == protocol.Accept || o.Number == protocol.ContentFormatOption {
			comment = optionComment(" //", o)
		}
		fmt.Fprintf(&b, "\trequest.AddOptionBytes(%s)%s\n", goOption(o), comment)
	}
	switch {
	case r.file != "":
		imports = append(imports, `"os"`)
		fmt.Fprintf(&b, "\tfile, err := os.Open(%s)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tdefer file.Close()\n\trequest.SetBody(file)\n", strconv.Quote(r.file))
	case len(r.payload) > 0:
		imports = append(imports, `"bytes"`)
		fmt.Fprintf(&b, "\trequest.SetBody(bytes.NewReader([]byte(%s)))\n", goString(r.payload))
	}
	do := goDo
	if r.observes() {
		do = goObserve
		imports = append(imports, `"github.com/plgd-dev/go-coap/v3/message/pool"`)
	}
	imports = append(imports, `"github.com/plgd-dev/go-coap/v3/udp"`)
	text, err := format.Source(fmt.Appendf(nil, goProgram, goImports(imports), address, dial, withNotes("\t//", notes, ""), b.String(), do))
	return string(text), err
}

const goProgram = `package main

import (
%s)

func main() {
	conn, err := udp.Dial(%s%s)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()

%s	request := conn.AcquireMessage(ctx)
	defer conn.ReleaseMessage(request)
%s
%s}
`

const goDo = `	response, err := conn.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	payload, err := response.ReadBody()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %q\n", response.Code(), payload)
`

const goObserve = `	observation, err := conn.DoObserve(request, func(notification *pool.Message) {
		payload, err := notification.ReadBody()
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Printf("%v %q\n", notification.Code(), payload)
	})
	if err != nil {
		log.Fatal(err)
	}
	<-ctx.Done()
	if err := observation.Cancel(context.Background()); err != nil {
		log.Print(err)
	}
`

const goRaw = `package main

import (
	"fmt"
	"log"
	"net"
	"time"
)

func main() {
	conn, err := net.Dial("udp", %s)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{%s}); err != nil {
		log.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		log.Fatal(err)
	}
	reply := make([]byte, 65536)
	n, err := conn.Read(reply)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%%x\n", reply[:n])
}
`

// goImports writes them as gofmt has them: the standard library, then others.
func goImports(paths []string) string {
	var b strings.Builder
	for _, other := range []bool{false, true} {
		if other {
			b.WriteByte('\n')
		}
		for _, p := range slices.Sorted(slices.Values(paths)) {
			if p != "" && strings.Contains(p, ".") == other {
				fmt.Fprintf(&b, "\t%s\n", p)
			}
		}
	}
	return b.String()
}

// goCode names a method as go-coap does.
func goCode(c protocol.Code) string {
	switch c {
	case protocol.GET, protocol.POST, protocol.PUT, protocol.DELETE:
		return "codes." + c.Short()
	}
	return fmt.Sprintf("codes.Code(%d)", c)
}

// goOptionNames are the constants of go-coap.
var goOptionNames = map[protocol.OptionNumber]string{
	protocol.IfMatch: "IfMatch", protocol.URIHost: "URIHost", protocol.ETag: "ETag", protocol.IfNoneMatch: "IfNoneMatch",
	protocol.Observe: "Observe", protocol.URIPort: "URIPort", protocol.URIPath: "URIPath",
	protocol.ContentFormatOption: "ContentFormat", protocol.MaxAge: "MaxAge", protocol.URIQuery: "URIQuery",
	protocol.Accept: "Accept", protocol.Block2: "Block2", protocol.Block1: "Block1", protocol.Size2: "Size2",
	protocol.ProxyURI: "ProxyURI", protocol.ProxyScheme: "ProxyScheme", protocol.Size1: "Size1", protocol.NoResponse: "NoResponse",
}

func goOption(o protocol.Option) string {
	number := strconv.Itoa(int(o.Number))
	if name := goOptionNames[o.Number]; name != "" {
		number = "message." + name
	}
	if len(o.Value) == 0 {
		return number + ", nil"
	}
	if info := o.Number.Lookup(protocol.GET); info != nil && info.Format == protocol.FormatString {
		return fmt.Sprintf("%s, []byte(%s)", number, goString(o.Value))
	}
	return fmt.Sprintf("%s, []byte{%s}", number, goBytes(o.Value))
}

// goString writes bytes as a string of Go.
func goString(b []byte) string {
	if utf8.Valid(b) {
		return strconv.Quote(string(b))
	}
	var s strings.Builder
	s.WriteByte('"')
	for _, c := range b {
		fmt.Fprintf(&s, `\x%02x`, c)
	}
	s.WriteByte('"')
	return s.String()
}

// goBytes writes bytes as Go and C do in braces.
func goBytes(b []byte) string {
	var s strings.Builder
	for i, c := range b {
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "0x%02x", c)
	}
	return s.String()
}
