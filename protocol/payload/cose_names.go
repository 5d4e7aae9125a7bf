package payload

// valueKind says how the value of a label is shown.
type valueKind uint8

const (
	asCBOR        valueKind = iota // in diagnostic notation
	asAlgorithm                    // by name
	asLabels                       // an array of labels of headers
	asContentType                  // a Content-Format or a media type
	asKeyType
	asCurve
	asKeyOps
	asKey       // a map that is a COSE_Key
	asTime      // seconds since 1970
	asConfirm   // a confirmation (RFC 8747)
	asSignature // a countersignature, or several
	asEncrypted // a COSE_Encrypt or COSE_Encrypt0
	asClaims    // a CWT Claims Set
)

// label is a row of a table of labels, the integer keys of maps.
type label struct {
	name string
	show valueKind
}

// coseHeaders names header parameters (RFC 9052 §3.1, RFC 9053 §5 and §6, and the IANA registry).
var coseHeaders = map[int64]label{
	1: {"alg", asAlgorithm}, 2: {"crit", asLabels}, 3: {"content type", asContentType}, 4: {name: "kid"}, 5: {name: "IV"},
	6: {name: "Partial IV"}, 7: {"counter signature", asSignature}, 9: {name: "CounterSignature0"}, 10: {name: "kid context"},
	11: {"countersignature version 2", asSignature}, 12: {name: "Countersignature0 version 2"}, 15: {name: "CWT Claims", show: asClaims},
	16: {"typ", asContentType}, 32: {name: "x5bag"}, 33: {name: "x5chain"}, 34: {name: "x5t"}, 35: {name: "x5u"},
	-1: {"ephemeral key", asKey}, -2: {"static key", asKey}, -3: {name: "static key id"}, -20: {name: "salt"},
	-21: {name: "PartyU identity"}, -22: {name: "PartyU nonce"}, -23: {name: "PartyU other"},
	-24: {name: "PartyV identity"}, -25: {name: "PartyV nonce"}, -26: {name: "PartyV other"},
}

// cwtClaims names the claims of a CWT (RFC 8392 §4, RFC 8747, RFC 9200, RFC 9711).
var cwtClaims = map[int64]label{
	1: {name: "iss"}, 2: {name: "sub"}, 3: {name: "aud"}, 4: {"exp", asTime}, 5: {"nbf", asTime}, 6: {"iat", asTime}, 7: {name: "cti"},
	8: {"cnf", asConfirm}, 9: {name: "scope"}, 10: {name: "nonce"}, 38: {name: "ace_profile"}, 39: {name: "cnonce"}, 40: {name: "exi"},
}

// confirmations names the members of cnf (RFC 8747 §3.1).
var confirmations = map[int64]label{1: {"COSE_Key", asKey}, 2: {"Encrypted_COSE_Key", asEncrypted}, 3: {name: "kid"}}

// keyLabels names the parameters that all keys may have (RFC 9052 §7.1).
var keyLabels = map[int64]label{
	1: {"kty", asKeyType}, 2: {name: "kid"}, 3: {"alg", asAlgorithm}, 4: {"key_ops", asKeyOps}, 5: {name: "Base IV"},
}

// keyTypeLabels names the parameters of each key type (RFC 9053 §7, RFC 8230 §4, RFC 8778 §4).
var keyTypeLabels = map[int64]map[int64]label{
	1: {-1: {"crv", asCurve}, -2: {name: "x"}, -4: {name: "d, private"}},
	2: {-1: {"crv", asCurve}, -2: {name: "x"}, -3: {name: "y"}, -4: {name: "d, private"}},
	3: {
		-1: {name: "n"}, -2: {name: "e"}, -3: {name: "d, private"}, -4: {name: "p, private"}, -5: {name: "q, private"},
		-6: {name: "dP, private"}, -7: {name: "dQ, private"}, -8: {name: "qInv, private"},
	},
	4: {-1: {name: "k, private"}},
	5: {-1: {name: "pub"}},
}

var keyTypes = map[int64]string{1: "OKP", 2: "EC2", 3: "RSA", 4: "Symmetric", 5: "HSS-LMS"}

var curves = map[int64]string{
	1: "P-256", 2: "P-384", 3: "P-521", 4: "X25519", 5: "X448", 6: "Ed25519", 7: "Ed448", 8: "secp256k1",
}

// keyOps are the operations of a key from 1 on (RFC 9052 §7.1).
var keyOps = map[int64]string{
	1: "sign", 2: "verify", 3: "encrypt", 4: "decrypt", 5: "wrap key", 6: "unwrap key", 7: "derive key", 8: "derive bits",
	9: "MAC create", 10: "MAC verify",
}

// coseAlgorithms names algorithms (RFC 9053, RFC 8230, RFC 8812, RFC 9054, RFC 9459, RFC 9864).
var coseAlgorithms = map[int64]string{
	1: "A128GCM", 2: "A192GCM", 3: "A256GCM",
	4: "HMAC 256/64", 5: "HMAC 256/256", 6: "HMAC 384/384", 7: "HMAC 512/512",
	10: "AES-CCM-16-64-128", 11: "AES-CCM-16-64-256", 12: "AES-CCM-64-64-128", 13: "AES-CCM-64-64-256",
	14: "AES-MAC 128/64", 15: "AES-MAC 256/64", 24: "ChaCha20/Poly1305", 25: "AES-MAC 128/128", 26: "AES-MAC 256/128",
	30: "AES-CCM-16-128-128", 31: "AES-CCM-16-128-256", 32: "AES-CCM-64-128-128", 33: "AES-CCM-64-128-256",
	-3: "A128KW", -4: "A192KW", -5: "A256KW", -6: "direct",
	-7: "ES256", -8: "EdDSA", -9: "ESP256", -19: "Ed25519", -35: "ES384", -36: "ES512", -47: "ES256K",
	-51: "ESP384", -52: "ESP512", -53: "Ed448",
	-10: "direct+HKDF-SHA-256", -11: "direct+HKDF-SHA-512", -12: "direct+HKDF-AES-128", -13: "direct+HKDF-AES-256",
	-14: "SHA-1", -15: "SHA-256/64", -16: "SHA-256", -17: "SHA-512/256", -18: "SHAKE128",
	-43: "SHA-384", -44: "SHA-512", -45: "SHAKE256",
	-25: "ECDH-ES + HKDF-256", -26: "ECDH-ES + HKDF-512", -27: "ECDH-SS + HKDF-256", -28: "ECDH-SS + HKDF-512",
	-29: "ECDH-ES + A128KW", -30: "ECDH-ES + A192KW", -31: "ECDH-ES + A256KW",
	-32: "ECDH-SS + A128KW", -33: "ECDH-SS + A192KW", -34: "ECDH-SS + A256KW",
	-37: "PS256", -38: "PS384", -39: "PS512", -46: "HSS-LMS",
	-257: "RS256", -258: "RS384", -259: "RS512", -65535: "RS1",
	-65534: "A128CTR", -65533: "A192CTR", -65532: "A256CTR", -65531: "A128CBC", -65530: "A192CBC", -65529: "A256CBC",
}

// isMAC says whether an algorithm makes authentication tags of payloads.
func isMAC(algorithm int64) bool {
	switch algorithm {
	case 4, 5, 6, 7, 14, 15, 25, 26:
		return true
	}
	return false
}

// coseField is an element of a COSE structure after its headers.
type coseField uint8

const (
	ciphertextField coseField = iota
	payloadField
	tagField
	signatureField
	signaturesField
	recipientsField // in a recipient they may be left out
)

var coseFieldNames = [...]string{"ciphertext", "payload", "tag", "signature", "signatures", "recipients"}

// coseMessage is a row of the table of COSE structures (RFC 9052 §2, table 1).
type coseMessage struct {
	name    string
	tag     uint64
	format  int
	clause  string
	fields  []coseField
	elastic bool // the last element may be missing
}

var coseMessages = []coseMessage{
	{"COSE_Encrypt0", 16, 16, "RFC 9052 §5.2", []coseField{ciphertextField}, false},
	{"COSE_Mac0", 17, 17, "RFC 9052 §6.2", []coseField{payloadField, tagField}, false},
	{"COSE_Sign1", 18, 18, "RFC 9052 §4.2", []coseField{payloadField, signatureField}, false},
	{"COSE_Encrypt", 96, 96, "RFC 9052 §5.1", []coseField{ciphertextField, recipientsField}, false},
	{"COSE_Mac", 97, 97, "RFC 9052 §6.1", []coseField{payloadField, tagField, recipientsField}, false},
	{"COSE_Sign", 98, 98, "RFC 9052 §4.1", []coseField{payloadField, signaturesField}, false},
}

// The structures within others.
var (
	coseRecipient = coseMessage{"recipient", 0, NoFormat, "RFC 9052 §5.1", []coseField{ciphertextField, recipientsField}, true}
	coseSignature = coseMessage{"signature", 0, NoFormat, "RFC 9052 §4.1", []coseField{signatureField}, false}
	coseCounter   = coseMessage{"countersignature", 0, NoFormat, "RFC 9338 §3.1", []coseField{signatureField}, false}
)

func coseByTag(tag uint64) *coseMessage {
	for i := range coseMessages {
		if coseMessages[i].tag == tag {
			return &coseMessages[i]
		}
	}
	return nil
}

func coseByName(name string) *coseMessage {
	for i := range coseMessages {
		if coseMessages[i].name == name {
			return &coseMessages[i]
		}
	}
	return nil
}
