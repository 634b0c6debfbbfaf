#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "xmpp/tree.h"

static struct tree tree;

static int set_up(void **state)
{
	(void)state;
	tree_init(&tree,
		"<message from='a' xml:lang='de' xmlns:p='u:p' p:from='b'>"
		"\n<body>one</body> x <body xmlns='u:x'>two<i/> more</body>"
		"<thread/><body xml:lang='en'>&lt;three</body>"
		"<p:body>four</p:body></message>");
	return tree.root == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	tree_finish(&tree);
	return 0;
}

static void test_is(void **state)
{
	const struct xml *m = tree.root;

	(void)state;
	assert_true(xml_is(m, "message", NS_COMPONENT));
	assert_true(xml_is(m, NULL, NS_COMPONENT));
	assert_true(xml_is(m, "message", NULL));
	assert_true(xml_is(m, NULL, NULL));
	assert_false(xml_is(m, "presence", NULL));
	assert_false(xml_is(m, "message", NS_CLIENT));
	assert_false(xml_is(NULL, NULL, NULL));
	assert_false(xml_is(m->first, NULL, NULL));
}

static void test_child(void **state)
{
	const struct xml *m = tree.root;
	const struct xml *it;

	(void)state;
	it = xml_child(m, "body", NS_COMPONENT);
	assert_string_equal(xml_text(it, &tree.arena), "one");
	it = xml_next(it, "body", NS_COMPONENT);
	assert_string_equal(xml_text(it, &tree.arena), "<three");
	assert_null(xml_next(it, "body", NS_COMPONENT));
	it = xml_child(m, "body", "u:p");
	assert_string_equal(xml_text(it, &tree.arena), "four");
	assert_null(xml_child(m, "subject", NULL));
	assert_null(xml_child(m, "thread", "u:x"));
	assert_null(xml_child(NULL, NULL, NULL));
	assert_null(xml_next(NULL, NULL, NULL));
	assert_null(xml_child(xml_child(m, "thread", NULL), NULL, NULL));
}

static void test_count(void **state)
{
	size_t count = 0;

	(void)state;
	assert_int_equal(xml_count(tree.root), 5);
	assert_int_equal(xml_count(NULL), 0);
	xml_for_each_child(it, tree.root) {
		assert_non_null(it->name);
		assert_ptr_equal(it->parent, tree.root);
		count++;
	}
	assert_int_equal(count, 5);
}

static void test_attr(void **state)
{
	(void)state;
	assert_string_equal(xml_attr(tree.root, "from"), "a");
	assert_null(xml_attr(tree.root, "to"));
	assert_null(xml_attr(tree.root, "lang"));
	assert_null(xml_attr(NULL, "from"));
	assert_string_equal(xml_lang(tree.root), "de");
	assert_null(xml_lang(xml_child(tree.root, "thread", NULL)));
	assert_null(xml_lang(NULL));
}

static void test_text(void **state)
{
	struct arena full;

	(void)state;
	assert_string_equal(xml_text(tree.root, &tree.arena), "\n x ");
	assert_string_equal(
		xml_text(xml_child(tree.root, "thread", NULL), &tree.arena),
		"");
	assert_string_equal(xml_text(NULL, &tree.arena), "");
	assert_string_equal(
		xml_child_text(tree.root, "body", "u:x", &tree.arena),
		"two more");
	assert_string_equal(
		xml_child_text(tree.root, "thread", NULL, &tree.arena), "");
	assert_null(xml_child_text(tree.root, "subject", NULL, &tree.arena));
	assert_null(xml_child_text(NULL, "subject", NULL, &tree.arena));
	arena_init(&full, 2);
	/* One run is not copied; two have no room. */
	assert_string_equal(
		xml_child_text(tree.root, "body", NS_COMPONENT, &full), "one");
	assert_null(xml_child_text(tree.root, "body", "u:x", &full));
	arena_finish(&full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_attr),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
