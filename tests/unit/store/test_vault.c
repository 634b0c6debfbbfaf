/* The key file, sealing, rotation; and the block permutation of base. */
#include "store/fixture.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "store/vault.h"

#define KEY_A                              \
	"00112233445566778899aabbccddeeff" \
	"00112233445566778899aabbccddeeff"
#define KEY_B                              \
	"ffeeddccbbaa99887766554433221100" \
	"FFEEDDCCBBAA99887766554433221100"

static struct vault *open_vault(void)
{
	const char *reason = NULL;
	struct vault *v = vault_open(key_path, &reason);

	if (v == NULL)
		fail_msg("%s", reason);
	return v;
}

static struct vault *open_with(const char *lines)
{
	write_file(key_path, lines, strlen(lines), 0600);
	return open_vault();
}

static void makes_a_key_file(void **state UNUSED)
{
	struct vault *v = open_vault();
	struct stat info;
	struct str first, second;

	assert_int_equal(stat(key_path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	str_init(&first, 1000);
	str_init(&second, 1000);
	read_file(key_path, &first);
	assert_int_equal(first.len, 8 + 1 + 64 + 1);
	assert_int_equal(first.data[8], ':');
	assert_memory_equal(first.data, vault_key_id(v), 8);
	vault_close(&v);
	assert_null(v);

	/* It is read, not made again, and no draft stays behind. */
	v = open_vault();
	read_file(key_path, &second);
	assert_string_equal(str_text(&first), str_text(&second));
	vault_close(&v);
	vault_close(&v);
	str_finish(&first);
	str_finish(&second);
	assert_int_equal(unlink(key_path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
}

static void refuses_bad_files(void **state UNUSED)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *reason;
	} rows[] = {
		{ "", 0600, "has no key" },
		{ "\n# nothing\n", 0600, "has no key" },
		{ "a:" KEY_A "\n", 0604, "mode 0600" },
		{ "a:" KEY_A "\n", 0620, "mode 0600" },
		{ "a:" KEY_A "\n", 0601, "mode 0600" },
		{ "a:00\n", 0600, "line 1 " },
		{ "a:" KEY_A "0\n", 0600, "line 1 " },
		{ "a:" KEY_A "00\n", 0600, "line 1 " },
		{ KEY_A "\n", 0600, "line 1 " },
		{ ":" KEY_A "\n", 0600, "line 1 " },
		{ "a b:" KEY_A "\n", 0600, "line 1 " },
		{ "\xc3\xa4:" KEY_A "\n", 0600, "line 1 " },
		{ "012345678901234567890123456789012:" KEY_A, 0600, "line 1 " },
		{ "a:" KEY_A "\n\na:" KEY_B "\n", 0600, "line 3 " },
		{ "a:zz112233445566778899aabbccddeeff"
		  "00112233445566778899aabbccddeeff\n",
			0600, "line 1 " },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = NULL;
		struct vault *v;

		write_file(key_path, rows[i].text, strlen(rows[i].text),
			rows[i].mode);
		v = vault_open(key_path, &reason);
		if (v != NULL)
			fail_msg("row %zu was accepted", i);
		if (strstr(reason, rows[i].reason) == NULL ||
			strstr(reason, key_path) == NULL)
			fail_msg("row %zu: %s", i, reason);
		if (strstr(reason, "00112233") != NULL)
			fail_msg("row %zu shows the key", i);
	}
}

static void refuses_other_places(void **state UNUSED)
{
	const char *reason = NULL;
	char path[PATH_SIZE];
	static char big[20000];

	in_folder(path, "missing/secret.key");
	assert_null(vault_open(path, &reason));
	assert_non_null(strstr(reason, "can't be made"));

	reason = NULL;
	assert_null(vault_open(folder, &reason));
	assert_non_null(strstr(reason, "is no key file"));

	memset(big, '#', sizeof(big));
	write_file(key_path, big, sizeof(big), 0600);
	reason = NULL;
	assert_null(vault_open(key_path, &reason));
	assert_non_null(strstr(reason, "is no key file"));
}

static void accepts_variants(void **state UNUSED)
{
	static const struct {
		const char *text, *id;
	} rows[] = {
		{ "a:" KEY_A, "a" },
		{ "a:" KEY_A "\nb:" KEY_B "\n", "b" },
		{ "\r\n# old\r\na:" KEY_A "\r\n  b-2_X:" KEY_B " \r\n",
			"b-2_X" },
		{ "01234567890123456789012345678901:" KEY_A,
			"01234567890123456789012345678901" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct vault *v = open_with(rows[i].text);

		if (strcmp(vault_key_id(v), rows[i].id) != 0)
			fail_msg("row %zu: %s", i, vault_key_id(v));
		vault_close(&v);
	}
}

static int unseal(const struct vault *v, const char *id, const char *context,
	const struct str *sealed, struct str *out)
{
	return vault_unseal(
		v, slice_of(id), slice_of(context), str_slice(sealed), out);
}

static void seals(void **state UNUSED)
{
	struct vault *v = open_with("a:" KEY_A "\nb:" KEY_B "\n");
	struct vault *other;
	struct str sealed, again, plain;

	str_init(&sealed, 1000);
	str_init(&again, 1000);
	str_init(&plain, 1000);
	vault_seal(v, slice_of("row 1"), slice_of("hunter2"), &sealed);
	assert_int_equal(sealed.len, 7 + CRYPTO_OVERHEAD);
	assert_null(memmem(sealed.data, sealed.len, "hunter2", 7));
	assert_int_equal(unseal(v, "b", "row 1", &sealed, &plain), 0);
	assert_string_equal(str_text(&plain), "hunter2");

	/* The same text never looks the same. */
	vault_seal(v, slice_of("row 1"), slice_of("hunter2"), &again);
	assert_memory_not_equal(sealed.data, again.data, sealed.len);

	/* Another row, key, or text. */
	str_reset(&plain);
	assert_int_equal(unseal(v, "b", "row 2", &sealed, &plain), -1);
	assert_int_equal(unseal(v, "a", "row 1", &sealed, &plain), -1);
	assert_int_equal(unseal(v, "c", "row 1", &sealed, &plain), -1);
	assert_int_equal(unseal(v, "", "row 1", &sealed, &plain), -1);
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 1;
		assert_int_equal(unseal(v, "b", "row 1", &sealed, &plain), -1);
		sealed.data[i] ^= 1;
	}
	assert_int_equal(plain.len, 0);
	vault_close(&v);

	/* After the rotation the old key still opens. */
	other = open_with("b:" KEY_B "\nc:" KEY_A "\n");
	assert_int_equal(unseal(other, "b", "row 1", &sealed, &plain), 0);
	assert_string_equal(str_text(&plain), "hunter2");
	vault_close(&other);
	str_finish(&sealed);
	str_finish(&again);
	str_finish(&plain);
}

static void derives_from_the_first_key(void **state UNUSED)
{
	unsigned char one[CRYPTO_KEY_SIZE], two[CRYPTO_KEY_SIZE];
	struct vault *v = open_with("a:" KEY_A "\n");

	vault_derive(v, "ids", one);
	vault_derive(v, "other", two);
	assert_memory_not_equal(one, two, sizeof(one));
	vault_close(&v);

	v = open_with("a:" KEY_A "\nb:" KEY_B "\n");
	vault_derive(v, "ids", two);
	assert_memory_equal(one, two, sizeof(one));
	vault_close(&v);

	v = open_with("b:" KEY_B "\n");
	vault_derive(v, "ids", two);
	assert_memory_not_equal(one, two, sizeof(one));
	vault_close(&v);
}

/* FIPS 197, appendix C.3. */
static void permutes_blocks(void **state UNUSED)
{
	unsigned char key[CRYPTO_KEY_SIZE], block[CRYPTO_BLOCK_SIZE];
	static const unsigned char expected[] = { 0x8e, 0xa2, 0xb7, 0xca, 0x51,
		0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60,
		0x89 };
	struct crypto_block *b;

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	for (unsigned i = 0; i < sizeof(block); i++)
		block[i] = (unsigned char)(i * 0x11);
	b = crypto_block_new(key);
	for (int round = 0; round < 3; round++) {
		unsigned char out[CRYPTO_BLOCK_SIZE];

		crypto_block_encrypt(b, block, out);
		assert_memory_equal(out, expected, sizeof(out));
		crypto_block_decrypt(b, out, out);
		assert_memory_equal(out, block, sizeof(out));
	}
	crypto_block_free(&b);
	assert_null(b);
	crypto_block_free(&b);
}

static void decodes_hex(void **state UNUSED)
{
	static const struct {
		const char *in;
		int status;
		const char *out;
	} rows[] = { { "", 0, "" }, { "4a4B", 0, "JK" }, { "4", -1, "" },
		{ "4g", -1, "" }, { "g4", -1, "" }, { "4a ", -1, "" },
		{ " 4a4", -1, "" }, { "/0", -1, "" }, { ":0", -1, "" } };
	struct str out;

	str_init(&out, 100);
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&out);
		if (hex_decode(&out, slice_of(rows[i].in)) != rows[i].status ||
			strcmp(str_text(&out), rows[i].out) != 0)
			fail_msg("row %zu", i);
	}
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			makes_a_key_file, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(
			refuses_bad_files, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(
			refuses_other_places, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(
			accepts_variants, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(
			seals, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(
			derives_from_the_first_key, make_folder, drop_folder),
		cmocka_unit_test(permutes_blocks),
		cmocka_unit_test(decodes_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
