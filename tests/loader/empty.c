/* A shared object that is no plugin. */
int datasource_has_nothing_to_say(void);
int datasource_has_nothing_to_say(void)
{
    return 0;
}
