package snippet

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"coapscope/protocol"
)

// writeC writes a program that uses libcoap 4.3; a datagram as it is takes sockets alone.
func writeC(r *request) (string, error) {
	host, port := cString([]byte(r.to.Host)), strconv.Itoa(int(r.to.Port))
	if r.raw {
		return fmt.Sprintf(cRaw, host, port, goBytes(r.datagram)), nil
	}
	switch {
	case r.file != "":
		return "", errors.New("a C program has its payload in itself: choose another form than File for it")
	case r.fixed && r.token.Len() > 8:
		return "", errors.New("libcoap 4.3 has tokens of 0 to 8 bytes")
	case !r.cut && len(r.payload) > coapPayload:
		return "", errors.New("libcoap sends this payload in blocks, and not in one message")
	}
	if err := libcoapRepeats(r.options); err != nil {
		return "", err
	}
	var notes []string
	if has(r.options, protocol.ProxyURI, protocol.ProxyScheme) && !r.options.Has(protocol.HopLimit) {
		notes = append(notes, "libcoap adds Hop-Limit 16 to what a proxy is asked (RFC 8768).")
	}
	if r.fixedID {
		notes = append(notes, "libcoap chooses the message ID itself.")
	}
	if r.qblock {
		notes = append(notes, "The blocks are those of RFC 7959, not Q-Block.")
	}
	var b strings.Builder
	for _, o := range r.options {
		fmt.Fprintf(&b, "  add(&options, %d, %d, %s);%s\n", o.Number, len(o.Value), cString(o.Value), optionComment(" //", o))
	}
	if r.cut {
		block := protocol.Block{SZX: protocol.SZXFor(r.blockSize), More: true}
		fmt.Fprintf(&b, "  add(&options, %d, %d, %s); // Block1: blocks of %d bytes\n", protocol.Block1, len(block.Value()), cString(block.Value()), r.blockSize)
	}
	kind := "COAP_MESSAGE_CON"
	if r.kind == protocol.NonConfirmable {
		kind = "COAP_MESSAGE_NON"
	}
	token := "  coap_session_new_token(session, &length, token);"
	if r.fixed || r.token.Len() > 0 {
		token = fmt.Sprintf("  length = %d;\n  memcpy(token, %s, length);", r.token.Len(), cString(r.token.Bytes()))
	}
	payload := ""
	if len(r.payload) > 0 {
		payload = fmt.Sprintf("  static const uint8_t payload[] = %s;\n  coap_add_data_large_request(session, pdu, sizeof payload - 1, payload, NULL, NULL);\n", cString(r.payload))
	}
	done := "1"
	if r.observes() {
		done = "0 /* goes on with notifications */"
	}
	add := ""
	if b.Len() > 0 {
		add = cAdd
	}
	return fmt.Sprintf(cProgram, done, add, withNotes("//", notes, ""), host, port, kind, r.code, r.code.Short(), token, b.String(), payload), nil
}

// cAdd is there where there are options.
const cAdd = `static void
add(coap_optlist_t **options, uint16_t number, size_t length, const char *value) {
  coap_insert_optlist(options, coap_new_optlist(number, length, (const uint8_t *)value));
}

`

// cProgram works with libcoap 4.3.0 to 4.3.5, whose functions to resolve names differ.
const cProgram = `// cc -o request request.c $(pkg-config --cflags --libs libcoap-3-notls)
#include <coap3/coap.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

static int done, failed;

static coap_response_t
answered(coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received, const coap_mid_t id) {
  coap_pdu_code_t code = coap_pdu_get_code(received);
  size_t length, offset, total;
  const uint8_t *data;
  (void)session, (void)sent, (void)id;
  printf("%%d.%%02d ", code >> 5, code & 0x1f);
  if (coap_get_data_large(received, &length, &data, &offset, &total))
    fwrite(data, 1, length, stdout);
  printf("\n");
  fflush(stdout);
  done = %s;
  return COAP_RESPONSE_OK;
}

static void
unanswered(coap_session_t *session, const coap_pdu_t *sent, const coap_nack_reason_t reason, const coap_mid_t id) {
  (void)session, (void)sent, (void)id;
  fprintf(stderr, "no answer: reason %%d\n", reason);
  done = failed = 1;
}

%s%sint
main(void) {
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *info;
  if (getaddrinfo(%s, "%s", &hints, &info) != 0) {
    fprintf(stderr, "no such host\n");
    return 1;
  }
  coap_address_t to;
  coap_address_init(&to);
  to.size = info->ai_addrlen;
  memcpy(&to.addr, info->ai_addr, info->ai_addrlen);
  freeaddrinfo(info);

  coap_startup();
  coap_context_t *context = coap_new_context(NULL);
  if (!context)
    return 1;
  coap_context_set_block_mode(context, COAP_BLOCK_USE_LIBCOAP | COAP_BLOCK_SINGLE_BODY);
  coap_register_response_handler(context, answered);
  coap_register_nack_handler(context, unanswered);
  coap_session_t *session = coap_new_client_session(context, NULL, &to, COAP_PROTO_UDP);
  if (!session)
    return 1;

  coap_pdu_t *pdu = coap_new_pdu(%s, %d, session); // %s
  if (!pdu)
    return 1;
  uint8_t token[8];
  size_t length;
%s
  coap_add_token(pdu, length, token);
  coap_optlist_t *options = NULL;
%s  coap_add_optlist_pdu(pdu, &options);
  coap_delete_optlist(options);
%s  if (coap_send(session, pdu) == COAP_INVALID_MID)
    return 1;
  while (!done)
    coap_io_process(context, 1000);

  coap_session_release(session);
  coap_free_context(context);
  coap_cleanup();
  return failed;
}
`

const cRaw = `// cc -o request request.c
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

int
main(void) {
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *info;
  if (getaddrinfo(%s, "%s", &hints, &info) != 0) {
    fprintf(stderr, "no such host\n");
    return 1;
  }
  int udp = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
  struct timeval patience = {.tv_sec = 10};
  static const uint8_t datagram[] = {%s};
  uint8_t reply[65536];
  if (udp < 0 || connect(udp, info->ai_addr, info->ai_addrlen) < 0 ||
      setsockopt(udp, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
      send(udp, datagram, sizeof datagram, 0) < 0) {
    perror("send");
    return 1;
  }
  freeaddrinfo(info);
  ssize_t n = recv(udp, reply, sizeof reply, 0);
  if (n < 0) {
    perror("no reply");
    return 1;
  }
  for (ssize_t i = 0; i < n; i++)
    printf("%%02x", reply[i]);
  printf("\n");
  return 0;
}
`

// cString writes bytes as a string of C. Escapes are octal with three digits, which no digit behind them can prolong.
func cString(b []byte) string {
	var s strings.Builder
	s.WriteByte('"')
	for _, c := range b {
		switch {
		case c == '"' || c == '\\' || c == '?': // a trigraph begins with two of these
			s.WriteByte('\\')
			s.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&s, `\%03o`, c)
		default:
			s.WriteByte(c)
		}
	}
	s.WriteByte('"')
	return s.String()
}

// optionComment says what an option is, behind it, where its number does not.
func optionComment(sign string, o protocol.Option) string {
	name := o.Number.String()
	if f, ok := formatOf(o.Value); ok && (o.Number == protocol.Accept || o.Number == protocol.ContentFormatOption) {
		name += ": " + f.String()
	}
	return sign + " " + name
}
